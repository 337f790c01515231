PYTHON ?= python3
BIN := .venv/bin
ARGS ?=

# compiled modules are kept: without them every process compiles all that it imports
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test check unit browser lock clean

run: .venv/base.stamp
	@exec $(BIN)/blockyard server $(ARGS)

test: .venv/test.stamp
	scripts/install_browser.sh
	scripts/install_peers.sh
	$(MAKE) --no-print-directory -j2 check unit
	$(MAKE) --no-print-directory browser

check: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/mypy app blocks tests/support

IN_BROWSER := tests/browser tests/editor tests/contract/test_studio_in_browser.py
# what fails beside others on a busy machine is run once more, alone; whoever fails again has failed
ALONE := --last-failed --last-failed-no-failures none

unit: .venv/test.stamp
	$(BIN)/pytest -m "not browser" -n 3 --dist loadfile --no-loadscope-reorder || $(BIN)/pytest -m "not browser" $(ALONE)

browser: .venv/test.stamp
	$(BIN)/pytest -m browser -n 3 --dist loadfile $(IN_BROWSER) || $(BIN)/pytest -m browser $(ALONE) $(IN_BROWSER)

.venv/bin/python:
	scripts/make_venv.sh $(PYTHON)

.venv/base.stamp: requirements/base.txt pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/test.stamp: .venv/base.stamp requirements/test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	@touch $@

lock:
	scripts/lock.sh

clean:
	rm -rf .venv *.egg-info
