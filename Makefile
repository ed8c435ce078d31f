.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help setup demo simulate serve test unit check lint types contracts format bench faults fuzz settings-page screenshots vendor migration wheel-check release clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/ready ## Install everything into .venv (done by the others when needed)

$(VENV)/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Waybell needs Python 3.11 or newer; name it with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "python3 -m venv does not work here; on Debian: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

# The official library for Node verifies our signatures in a test, where Node is at hand.
.cache/node/ready:
	@mkdir -p .cache/node
	@if ! command -v npm >/dev/null; then touch $@; \
	elif npm install --silent --no-audit --no-fund --fetch-retries 1 --prefix .cache/node standardwebhooks@1.1.1; then touch $@; \
	else echo "npm could not fetch standardwebhooks: the test of the receiver in Node is skipped"; fi

# A real browser for the tests of the pages.
CHROMIUM = $(shell command -v chromium || command -v chromium-headless-shell || command -v google-chrome)

.cache/chromium-ready:
	@mkdir -p .cache
	@if [ -n "$(CHROMIUM)" ]; then touch $@; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
		echo "Installing Chromium for the browser tests ..."; export DEBIAN_FRONTEND=noninteractive; \
		install="apt-get install -qq -y --no-install-recommends chromium-headless-shell fonts-liberation"; \
		($$install || (apt-get update -qq && $$install)) >.cache/chromium.log 2>&1 && touch $@ || { tail -5 .cache/chromium.log; exit 1; }; \
	else echo "The browser tests need Chromium. On Debian: sudo apt-get install chromium"; exit 1; fi

demo: $(VENV)/ready ## See the main job: a delivery day through the API, every webhook received and verified
	@$(BIN)/waybell demo $(ARGS)

simulate: $(VENV)/ready ## A day of 100 drivers and 2,000 orders, and a verdict (minutes; ARGS="--drivers 10 --orders 120")
	@$(BIN)/waybell simulate $(ARGS)

serve: $(VENV)/ready ## Run a server on ./waybell-data
	@$(BIN)/waybell serve $(ARGS)

test: $(VENV)/ready .cache/node/ready .cache/chromium-ready ## All tests, on SQLite and PostgreSQL (ARGS="-k name" for some)
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

unit: $(VENV)/ready ## The quick tests: pure ones, and stores on SQLite; no browser, npm or PostgreSQL
	@$(BIN)/python -m pytest -n auto --dist worksteal -m "not postgres" $(ARGS) tests/unit tests/store

check: lint types contracts test ## What CI runs: linters, types, import contracts, tests

lint: $(VENV)/ready ## Style, format, first words of docstrings, messages of commits
	@$(BIN)/ruff check && $(BIN)/ruff format --check && $(BIN)/python tools/check_docstrings.py
	@$(BIN)/python tools/commit_log.py

types: $(VENV)/ready ## Types: strictly in src, lightly in tests and scripts
	@$(BIN)/mypy
	@MYPYPATH=faults $(BIN)/mypy --no-warn-unused-configs faults  # whose modules have names of those of bench

contracts: $(VENV)/ready ## Which room may import which
	@PYTHONPATH=src $(BIN)/lint-imports

format: $(VENV)/ready ## Format and mend what can be mended by itself
	@$(BIN)/ruff format && $(BIN)/ruff check --fix

bench: $(VENV)/ready ## Measure against wrk (minutes; ARGS="--parts isolation growth": an hour; --docs: into the docs)
	@$(BIN)/python bench/run.py $(ARGS)

faults: $(VENV)/ready ## Kill, cut, fill and lie to it under load; nothing may be lost (an hour; ARGS="--share 0.1")
	@PYTHONPATH=tests $(BIN)/python faults/run.py $(ARGS)

fuzz: $(VENV)/ready ## Requests made up, from our own API document too, sixty times as many as in the tests (TIMES=60)
	@WAYBELL_TEST_TIMES=$(or $(TIMES),60) $(BIN)/python -m pytest -n 4 $(ARGS) tests/web/test_schemathesis.py tests/web/test_rubbish.py

settings-page: $(VENV)/ready ## Write docs/settings.md anew from the settings
	@$(BIN)/python tools/settings_page.py

screenshots: $(VENV)/ready .cache/chromium-ready ## Every page, light and dark, wide and phone, into build/screenshots
	@$(BIN)/python tools/screenshots.py $(ARGS)

vendor: $(VENV)/ready ## Fetch the browser files and fonts of others anew, with npm
	@$(BIN)/python tools/vendor.py

# What only a release needs, apart from .venv: it pulls in a lot.
.cache/release/ready: constraints.txt
	@$(PYTHON) -m venv .cache/release
	@.cache/release/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt build cyclonedx-bom
	@touch $@

wheel-check: .cache/release/ready ## Build the wheel, install it into an empty environment, and play the demo from an empty folder
	@.cache/release/bin/python tools/wheel_check.py

release: .cache/release/ready ## Check a release, build its files into dist/, and tag it (ARGS=--dry-run: all but make check and the tag)
	@.cache/release/bin/python tools/release.py $(ARGS)

clean: ## Remove what make made
	rm -rf $(VENV) .cache build dist .mypy_cache .ruff_cache .pytest_cache

migration: $(VENV)/ready ## Write the next migration from the tables (M="what changes")
	@$(BIN)/python tools/make_migration.py "$(M)"
	@$(BIN)/ruff check --quiet --fix src/waybell/schema/migrations && $(BIN)/ruff format --quiet src/waybell/schema/migrations
