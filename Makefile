# make demo    set up, run the two example configurations with figures
# make test    set up with test tools; lint, types, tests, doctests, notebooks
# make notebooks   write the notebooks again after an edit of their .py twins
# make soak    two hundred kills of runs, a hundred signals at their start, a thousand openings of their results, fifty
#              thousand damaged files, every chain cut at thousands of places (about an hour and a half alone on the
#              machine); 400 chains for each error bar (three hours). SOAK="-k kill_9" runs some of it.
# make bench   the table beside the peers, in a venv of its own, into results/benchmarks; QUICK=1 for five minutes.
#              Alone on the machine, please.
# make timings the package's own speed tests
# make docs    the documentation as a site, into results/site, warnings as errors
# make clean   remove what make made, its venv too; results stay
# Needs make and Python 3.11 or later, nothing else. PYTHON=... and VENV=... choose others.

PYTHON ?= $(shell command -v python3.11 || command -v python3 || echo python3)
VENV ?= .venv
BIN := $(VENV)/bin
# a stamp is made last, so that an interrupted installation starts again
PYTHON_STAMP := $(VENV)/.made
PACKAGE_STAMP := $(VENV)/.installed
TOOLS_STAMP := $(VENV)/.installed-tools
DOCS_STAMP := $(VENV)/.installed-docs
PEERS ?= .venv-bench
PEERS_STAMP := $(PEERS)/.installed
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore $(BIN)/python -m pip install --quiet

.PHONY: demo test notebooks docs soak bench timings clean
.DELETE_ON_ERROR:

demo: $(PACKAGE_STAMP)
	@$(BIN)/statmech run configs/co_levels.yaml --plot
	@echo
	@$(BIN)/statmech run configs/ising_square.yaml --plot

test: $(TOOLS_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2 --dist loadfile -q
	$(BIN)/pytest -n 2 -q -o addopts="" --nbmake --nbmake-timeout=60 notebooks

notebooks: $(TOOLS_STAMP)
	$(BIN)/python notebooks/pair.py

docs: $(DOCS_STAMP)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "wrote results/site/index.html"

timings: $(TOOLS_STAMP)
	$(BIN)/pytest -o addopts="" --import-mode=importlib tests/benchmarks --benchmark-only

soak: $(TOOLS_STAMP)
	STATMECH_SOAK=1 $(BIN)/pytest -q -s tests/test_run_survival.py tests/test_executors.py tests/test_fuzz.py \
	  tests/test_chain_cuts.py tests/test_sampling_calibration.py tests/test_linked_sampling.py $(SOAK)

bench: $(PEERS_STAMP)
	PYTHONPATH=tests STATMECH_PEERS_PYTHON=$(PEERS)/own/bin/python $(PEERS)/bin/python -m benchmarks.side_by_side results/benchmarks $(if $(QUICK),--quick) $(BENCH)

clean:
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks
	find . -name __pycache__ -not -path "./.git/*" -prune -exec rm -rf {} +
	@if [ -s "$(PYTHON_STAMP)" ]; then echo rm -rf "$(VENV)"; rm -rf "$(VENV)"; fi

$(PYTHON_STAMP):
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	  || { echo "Python 3.11 or later is needed, got $(PYTHON); give another with PYTHON=/path/to/python3"; exit 1; }
	@if $(BIN)/python -m pip --version >/dev/null 2>&1; then touch $@; \
	elif [ -e "$(VENV)" ] && [ ! -e "$(VENV)/pyvenv.cfg" ]; then \
	  echo "$(VENV) exists and is no virtual environment; choose another with VENV=..."; exit 1; \
	elif echo "making a virtual environment in $(VENV) with $(PYTHON)" && $(PYTHON) -m venv --clear "$(VENV)"; then \
	  echo "made by make, which may remove it" > $@; \
	else rm -rf "$(VENV)"; echo "Python's venv is missing; on Debian: apt install python3-venv"; exit 1; fi

$(PACKAGE_STAMP): $(PYTHON_STAMP) pyproject.toml
	@echo "installing statmech and what it needs (a few minutes at the first time)"
	@$(PIP) -e .
	@touch $@

$(TOOLS_STAMP): $(PYTHON_STAMP) pyproject.toml
	@echo "installing statmech with its test tools (a few minutes at the first time)"
	@$(PIP) -e ".[test,dev]"
	@touch $@ $(PACKAGE_STAMP)

$(DOCS_STAMP): $(PYTHON_STAMP) pyproject.toml
	@echo "installing statmech and what builds its documentation"
	@$(PIP) -e ".[docs]"
	@touch $@ $(PACKAGE_STAMP)

# Those that need older packages than ours live in an environment inside.
$(PEERS_STAMP): $(PYTHON_STAMP) pyproject.toml tests/benchmarks/peers.txt
	@echo "installing the peers into $(PEERS) (several minutes at the first time)"
	@$(PYTHON) -m venv "$(PEERS)" && $(PYTHON) -m venv "$(PEERS)/own"
	@$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -e .
	@grep -v '^#' tests/benchmarks/peers.txt | while IFS=';' read -r packages place; do \
	  case "$$place" in *own*) python="$(PEERS)/own/bin/python";; *) python="$(PEERS)/bin/python";; esac; \
	  "$$python" -m pip install --quiet --disable-pip-version-check $$packages </dev/null || echo "left out: $$packages"; done
	@touch $@
