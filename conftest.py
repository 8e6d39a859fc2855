"""What the examples in docstrings take for granted, as a notebook does: `at`."""

import pytest

import audiotools


@pytest.fixture(autouse=True, scope="session")
def at_in_examples(doctest_namespace):
    """Every example may begin with the module."""
    doctest_namespace["at"] = audiotools
