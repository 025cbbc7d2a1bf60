# Needs Python (3.11 to 3.13) and make, nothing else.
#
#   make test                                    the whole suite
#   make test ARGS="tests/kernels -k spectrum"   a part of it
#   make rank                                    the bundled hub on the bundled data
#   make parity                                  the backbones against torch's own, in .venv-parity
#   make docs                                    the documentation, into site/
#   make setup PYTHON=python3.13 VENV=.venv-py313

PYTHON ?= python3
VENV ?= .venv
ARGS ?=

BIN := $(VENV)/bin
PINS := $(VENV)/constraints.txt
# What is imported is compiled then; compiling all of it takes as long as installing it.
PIP := -m pip --disable-pip-version-check install --quiet --no-compile

.PHONY: setup environments rank test parity lint bench docs clean

setup: $(PINS)

# The pins the environment was made from are copied into it last: a stamp that says what is inside.
# Python 3.12 shares those of 3.13; jax 0.12 has no release for 3.11.
$(PINS): pyproject.toml constraints/py311.txt constraints/py313.txt
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("$(PYTHON) is " \
	  + sys.version.split()[0] + "; give one of 3.11 to 3.13: make setup PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(VENV)
	pins=constraints/$$($(BIN)/python -c \
	  'import sys; print("py311" if sys.version_info < (3, 12) else "py313")').txt && \
	$(BIN)/python $(PIP) -c $$pins -e '.[dev]' && cp $$pins $@

rank: setup
	$(BIN)/disco-jax rank $(ARGS)

test: setup
	$(BIN)/pytest --numprocesses=auto --dist=loadfile --no-loadscope-reorder --durations=15 $(ARGS)

# torch and the libraries of models have an environment of their own: nothing else may need them.
# What takes tensors, and what torch runs, is tested there too.
ORACLES := .venv-parity

$(ORACLES)/oracle.txt: constraints/oracle.txt pyproject.toml constraints/py311.txt constraints/py313.txt
	$(MAKE) setup VENV=$(ORACLES)
	$(ORACLES)/bin/python $(PIP) -c $(ORACLES)/constraints.txt -r constraints/oracle.txt
	cp constraints/oracle.txt $@

parity: $(ORACLES)/oracle.txt
	$(ORACLES)/bin/pytest --numprocesses=auto --durations=15 \
	  tests/parity/test_parity.py tests/parity/test_hubs.py $(addprefix tests/features/test_, \
	  arrays.py batches.py frames.py other_formats.py) tests/data/test_other_sources.py \
	  tests/backbones/test_torch_network.py tests/backbones/test_torch_libraries.py \
	  tests/extraction/test_torch_hub.py $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m bench $(ARGS)

# The sources are read, not imported, so the environment of the documentation has no jax in it, and
# once it is there nothing is fetched. A warning is an error; so is a page that loads from elsewhere.
DOCS := .venv-docs

$(DOCS)/constraints.txt: constraints/docs.txt
	$(PYTHON) -m venv --clear $(DOCS)
	$(DOCS)/bin/python $(PIP) --no-deps -r constraints/docs.txt
	cp constraints/docs.txt $@

# All of these environments, some at once with --jobs.
environments: setup $(ORACLES)/oracle.txt $(DOCS)/constraints.txt

docs: $(DOCS)/constraints.txt
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --strict --quiet
	$(DOCS)/bin/python docs/tools/check_site.py site

clean:
	rm -rf .venv .venv-* build dist site .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
