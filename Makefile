# Nothing but Python 3.11 or later and make is needed: the first target that is asked for sets up .venv.
PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
  $(shell $(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
BIN := .venv/bin
READY := .venv/.ready
SCALE ?= 0.003
SPEED ?= 48
JOBS ?= 4
TIMED_JOBS ?= 3
CRASHES ?= 120

.DEFAULT_GOAL := all
.PHONY: all demo test crash check format bench bench-day golden wheel clean

all: check test

# About a minute: the daily reservation rush against the reference backend. Ends with 0 only where the verdict is pass.
demo: $(READY)
	@$(BIN)/rushproof run daily_reservation --scale $(SCALE) --speed $(SPEED)

# Files side by side: most tests wait for processes, which a core that is idle meanwhile could start for another.  Those that measure
# time come first, so that what needs the cores for itself does not stand beside them.
SIDE_BY_SIDE := --dist loadfile --no-loadscope-reorder
test: $(READY)
	@$(BIN)/pytest $(SIDE_BY_SIDE) --numprocesses $(TIMED_JOBS) -m timed; timed=$$?; \
	  $(BIN)/pytest $(SIDE_BY_SIDE) --numprocesses $(JOBS) -m "not timed" && exit $$timed

# Processes killed at 120 instants of 40 days, half of them in PostgreSQL; the suite does a dozen.
crash: $(READY)
	@$(BIN)/pytest tests/crash --crashes $(CRASHES) --numprocesses $(JOBS)

check: $(READY)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(READY)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

# Goals 1, 2, 3 and 5 with the peers beside them; goal 4, a whole day's volume.
bench: $(READY)
	@$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[bench]'
	@$(BIN)/python -m bench

bench-day: $(READY)
	@$(BIN)/python -m bench day

# Writes what the tests compare with: the rendered reports and the glossary. Read the diff.
golden: $(READY)
	@$(BIN)/python docs/glossary.py
	@$(BIN)/pytest tests/golden tests/render tests/capacity --update-golden

wheel: $(READY)
	@$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(READY): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "rushproof needs Python 3.11 or later; none was found" >&2; exit 2; }
	@test -x $(BIN)/pip || $(PYTHON) -m venv .venv || { echo "'$(PYTHON) -m venv' does not work here: install its venv module" >&2; exit 2; }
	@echo "setting up .venv (once)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[test,check]'
	@touch $@
