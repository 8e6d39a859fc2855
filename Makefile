# From sound to numbers and back. `make` lists what there is.

PYTHON ?= python3
python  = .venv/bin/python -m

# Two processes, each with one thread (three where browsers wait more than they work); a file in
# one process, and the notebooks, which take the longest, first. Each runs once: tests/lessons.py.
in_turn = OMP_NUM_THREADS=1 $(python) pytest -n $(PROCESSES) --dist loadfile --no-loadscope-reorder
PROCESSES = 2
test-all: PROCESSES = 3
pytest  = $(in_turn) --nbval --nbval-current-env \
	--nbval-cell-timeout=600 --nbval-sanitize-with=tests/sanitize.cfg \
	--doctest-modules notebooks tests staircase corpus.py

unexport MPLBACKEND   # kernels then draw inline, whatever the shell asks for

.PHONY: help lab voices app site slides try qr assignment grade test test-all trust mutants matrix bench \
	outputs constraints clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /make \1:	/p' Makefile | expand -t 18

lab: .venv/installed ## open the course in JupyterLab
	@$(python) jupyterlab --ip=127.0.0.1 --allow-root --log-level=WARN --ServerApp.root_dir=. \
	  --LabApp.default_url=/lab/tree/notebooks/01_spectrograms.ipynb

voices: .venv/installed ## fetch three recordings of real readers, if you like
	@.venv/bin/python tools/fetch_voices.py

# Not ?=, for which a shell's own HOST would count.
HOST = 127.0.0.1
PORT = 8866
WARM = 1

app: .venv/extras ## serve the panel of 08 as a page without code; HOST=0.0.0.0 serves a room
	@$(python) tools.app --host=$(HOST) --port=$(PORT) --warm=$(WARM)

site: .venv/extras ## write the notebooks as pages, in build/site; without solutions: make site FOR=students
	@.venv/bin/python tools/make_site.py

slides: .venv/extras ## write the site with slides for lectures and their notes, in build/site/slides
	@.venv/bin/python tools/make_slides.py

try: .venv/installed ## write try.html anew: the staircase in a browser, from the folder try
	@.venv/bin/python tools/make_try.py

qr: .venv/extras ## a QR code of an address, for a hall: make qr URL=https://..., in build/qr.svg
	@test -n "$(URL)" || { echo 'Name the address: make qr URL=https://...'; exit 1; }
	@mkdir -p build && .venv/bin/segno --scale 20 --output build/qr.svg "$(URL)"
	@echo "build/qr.svg leads to $(URL)"

test: .venv/installed ## lint, then test the module, the panels and the notebooks
	@$(python) ruff check --quiet && $(pytest) -m "not slow and not browser"

test-all: .venv/extras ## the same and the slow ones: other clips, a browser
	@$(python) ruff check --quiet && $(pytest)

trust: .venv/extras ## what bad input, chance, others' tests, a cut network and stops do to it
	@$(in_turn) -q $(patsubst %, tests/test_%.py, \
	  bad_input cures bad_files properties peers offline interrupt)

mutants: .venv/installed ## plant 300 small faults and see whether the tests notice: 15 minutes
	@OMP_NUM_THREADS=1 PYTHONPATH=.:notebooks .venv/bin/python tests/mutants.py

matrix: ## test on every Python at hand (PYTHONS=...), newest and lowest versions: an hour
	@"$(PYTHON)" tests/matrix.py $(PYTHONS)

bench: .venv/installed ## measure speed and quality beside librosa, the panels, a corpus: half an hour
	@PYTHONPATH=.:notebooks .venv/bin/python tests/bench.py

# Of a notebook's metadata, outputs keeps tags, slide types, what is folded and the kernel.
metadata = --ClearMetadataPreprocessor.enabled=True \
	--ClearMetadataPreprocessor.preserve_cell_metadata_mask="{'tags', 'slideshow', 'jp-MarkdownHeadingCollapsed'}" \
	--ClearMetadataPreprocessor.preserve_nb_metadata_mask="{'kernelspec', ('language_info', 'name')}"

outputs: .venv/installed ## execute all notebooks, save what they show and the listening minute
	@CLAIMS_MUST_HOLD=1 $(python) nbconvert --to notebook --inplace --execute $(metadata) \
	  --ExecutePreprocessor.kernel_name=python3 --ExecutePreprocessor.record_timing=False \
	  notebooks/*.ipynb notebooks/solutions/*.ipynb
	@.venv/bin/python data/make_minute.py

grade: .venv/installed ## grade what a class has handed in: make grade SUBMISSIONS=folder NOTEBOOKS="01 04"
	@test -n "$(SUBMISSIONS)" || { echo 'Name the folder: make grade SUBMISSIONS=folder'; exit 1; }
	@.venv/bin/python -W ignore tools/grade.py "$(SUBMISSIONS)" $(NOTEBOOKS) $(if $(OUTPUT),--output "$(OUTPUT)")

assignment: .venv/installed ## make a student set and a solution set: make assignment NOTEBOOKS="01 04"
	@.venv/bin/python tools/assignment.py $(NOTEBOOKS)

constraints: ## write constraints.txt anew (needs uv)
	@uv pip compile --quiet --upgrade --universal --python-version 3.10 --no-annotate \
	  --custom-compile-command "make constraints" requirements.txt requirements-extra.txt \
	  --output-file constraints.txt

clean: ## remove .venv, build and what the tools left behind
	@rm -rf .venv build .pytest_cache .ruff_cache && find . -depth \
	  \( -name __pycache__ -o -name .ipynb_checkpoints \) -exec rm -rf {} \;

# What the targets stand on. A .venv whose Python is gone is made again.
$(shell test -x .venv/bin/python || rm -f .venv/installed)

.venv/installed: requirements.txt constraints.txt
	@sh tools/install.sh course "$(PYTHON)" $(firstword $(MAKECMDGOALS) lab)

.venv/extras: requirements-extra.txt .venv/installed
	@sh tools/install.sh extras
