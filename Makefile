# From sound to numbers and back. `make` lists what there is.

PYTHON ?= python3
uv     := $(shell command -v uv 2>/dev/null)
python  = .venv/bin/python -m

# Two processes, each with one thread; files in the order of their names, a file in one process.
in_turn = OMP_NUM_THREADS=1 $(python) pytest -n 2 --dist loadfile --no-loadscope-reorder
pytest  = $(in_turn) --nbval --nbval-current-env \
	--nbval-cell-timeout=600 --nbval-sanitize-with=tests/sanitize.cfg \
	--doctest-modules audiotools.py corpus.py tests notebooks

unexport MPLBACKEND   # kernels then draw inline, whatever the shell asks for

.PHONY: help lab app site slides assignment test test-all trust mutants matrix bench outputs \
	constraints clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /make \1:	/p' Makefile | expand -t 18

lab: .venv/installed ## open the course in JupyterLab
	@$(python) jupyterlab --ip=127.0.0.1 --allow-root --log-level=WARN --ServerApp.root_dir=. \
	  --LabApp.default_url=/lab/tree/notebooks/01_spectrograms.ipynb

app: .venv/extras ## serve notebook 08 as a page without code, for a lecture hall
	@$(python) voila notebooks/08_your_own_sound.ipynb --Voila.ip=127.0.0.1 \
	  --progressive_rendering=True --Voila.tornado_settings="$(stay_home)"

# voila's page asks a server on the network for icons: this tells the browser not to.
stay_home = {'headers': {'Content-Security-Policy': \
  \"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: ws:\"}}

site: .venv/extras ## write the executed notebooks as pages to read and hear, in build/site
	@.venv/bin/python tools/make_site.py

slides: .venv/extras ## write the site and slides for each notebook, in build/site/slides
	@.venv/bin/python tools/make_slides.py

test: .venv/installed ## lint, then test the module, the panels and the notebooks
	@$(python) ruff check --quiet && $(pytest) -m "not slow and not browser"

test-all: .venv/extras ## the same and the slow ones: other clips, a browser
	@$(python) ruff check --quiet && $(pytest)

trust: .venv/extras ## what bad input, chance, others' tests, a cut network and stops do to it
	@$(in_turn) -q $(addprefix tests/test_,$(addsuffix .py, \
	  bad_input bad_files properties peers offline interrupt))

mutants: .venv/installed ## plant 300 small faults and see whether the tests notice: 15 minutes
	@OMP_NUM_THREADS=1 PYTHONPATH=.:notebooks .venv/bin/python tests/mutants.py

matrix: ## test on every Python at hand (PYTHONS=...), newest and lowest versions: an hour
	@"$(PYTHON)" tests/matrix.py $(PYTHONS)

bench: .venv/installed ## measure speed and quality beside librosa, the panels, a corpus: 20 minutes
	@PYTHONPATH=.:notebooks .venv/bin/python tests/bench.py

outputs: .venv/installed ## execute all notebooks, save what they show and the listening minute
	@$(python) nbconvert --to notebook --inplace --execute \
	  --ExecutePreprocessor.kernel_name=python3 --ExecutePreprocessor.record_timing=False \
	  --ClearMetadataPreprocessor.enabled=True \
	  --ClearMetadataPreprocessor.preserve_cell_metadata_mask="{'tags', 'slideshow'}" \
	  --ClearMetadataPreprocessor.preserve_nb_metadata_mask="{'kernelspec', ('language_info', 'name')}" \
	  notebooks/*.ipynb notebooks/solutions/*.ipynb
	@.venv/bin/python data/make_minute.py

assignment: .venv/installed ## make a student set and a solution set, ready to hand out
	@.venv/bin/python tools/assignment.py

constraints: ## write constraints.txt anew (needs uv)
	@uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-annotate \
	  --custom-compile-command "make constraints" requirements.txt requirements-extra.txt \
	  --output-file constraints.txt

clean: ## remove .venv, build and what the tools left behind
	@rm -rf .venv build .pytest_cache .ruff_cache && find . -depth \
	  \( -name __pycache__ -o -name .ipynb_checkpoints \) -exec rm -rf {} \;

# What keeps $(PYTHON) from making .venv, in one line; empty if nothing does.
problem = $(shell \
	if ! "$(PYTHON)" -c '' 2>/dev/null; then \
	  echo 'no "$(PYTHON)" here. Install Python 3.10 or newer, or name yours: $(cure)'; \
	elif ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then \
	  echo "$$("$(PYTHON)" -V 2>&1) is too old, 3.10 or newer is needed. Where there is one, type: $(cure)"; \
	elif [ -z "$(uv)" ] && ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
	  echo '"$(PYTHON)" comes without venv. Type: sudo apt install python3-venv'; \
	fi)
cure = make $(or $(firstword $(MAKECMDGOALS)),lab) PYTHON=python3.12

# A .venv whose Python is gone is made again.
$(shell test -x .venv/bin/python || rm -f .venv/installed)

# .venv/unfinished becomes .venv/installed at the end: after an interrupted install
# the next make starts from nothing. uv is used where it is, pip prints a dot per package.
.venv/installed: requirements.txt constraints.txt
	$(if $(problem),$(error $(problem)))
	@echo "Making .venv and installing the packages: a minute or two, about 1 GB."
	@test ! -e .venv/unfinished || rm -rf .venv
ifneq ($(uv),)
	@.venv/bin/python -c '' 2>/dev/null || uv venv --quiet --allow-existing --python \
	  "$$("$(PYTHON)" -c 'import sys; print(sys.executable)')" .venv
	@touch .venv/unfinished
	@uv pip install --quiet --python .venv/bin/python -r requirements.txt -c constraints.txt
else
	@$(python) pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear .venv
	@touch .venv/unfinished
	@{ .venv/bin/python -u -m pip install --disable-pip-version-check \
	  -r requirements.txt -c constraints.txt || touch .venv/failed; } | \
	  while read -r word _; do case "$$word" in \
	    Collecting) printf .;; Installing) printf ' unpacking';; esac; done; echo
	@test ! -e .venv/failed
endif
	@$(python) jupyterlab.labextensions disable --level=sys_prefix \
	  "@jupyterlab/apputils-extension:announcements" >/dev/null 2>&1  # no news, no question
	@$(warm_up) && mv .venv/unfinished $@

.venv/extras: requirements-extra.txt .venv/installed
	@echo "Adding what requirements-extra.txt names to .venv: half a minute, about 250 MB."
ifneq ($(uv),)
	@uv pip install --quiet --python .venv/bin/python -r $< -c constraints.txt
else
	@$(python) pip install --quiet --disable-pip-version-check -r $< -c constraints.txt
endif
	@touch $@

# librosa compiles its pitch tracker at first use and keeps the result. Two processes that
# do so at once leave a broken file that crashes every later one, so one does it now; the
# phase's gradient is compiled on the way, and the first panel need not wait for it.
warm_up = .venv/bin/python -W ignore -c "import audiotools as at, librosa; \
  y, sr = at.load_wav('data/slt.wav', duration=1); at.pitch(y, sr); \
  S = abs(at.stft(y)); at.griffin_lim(S); librosa.griffinlim(S, n_iter=1)"
