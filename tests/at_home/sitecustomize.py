"""Python reads this when it starts, where this folder is in PYTHONPATH: so it stays at home."""

import stay_home  # noqa: F401
