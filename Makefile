# What people type. Each target prepares what it needs; `make help` lists them.

PORT ?= 8000
WORKERS ?= 2
PY := .venv/bin/python
LIANE := .venv/bin/liane
POSTGRES_URL := $(or $(LIANE_DATABASE_URL),postgresql://postgres@127.0.0.1:5432/liane_test)
PYTEST := $(PY) -m pytest -n $(WORKERS)

# A suite starts Liane dozens of times: each module is compiled once, not at each start.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo screenshots test test-full test-postgres check format bench browser conformance

help: ## this list
	@awk -F ':.*## ' '/^[a-z%-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: ## the environment .venv, from requirements.lock with its hashes
	@scripts/install

demo: install ## the demo territory on http://localhost:8000 (PORT=… to change), first start in about a minute
	@PORT=$(PORT) scripts/demo

screenshots: install ## remake docs/screenshots from the demo that runs (PORT=… as for make demo)
	@.venv/bin/python scripts/screenshots http://localhost:$(PORT)

browser:
	@scripts/install-chromium

test: install browser ## every test on SQLite, browser tests included
	$(PYTEST)

test-full: install browser ## the long tier as well
	LIANE_EXAMPLES=random $(PYTEST) -m "full or not full"

test-postgres: install browser ## the same suite on LIANE_DATABASE_URL (default: local PostgreSQL)
	LIANE_DATABASE_URL=$(POSTGRES_URL) $(PYTEST)

check: install ## format, lint, types, import floors, templates, missing migrations
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy liane config
	.venv/bin/lint-imports
	.venv/bin/djlint --lint --quiet liane
	LIANE_DATA_DIR=$$(mktemp -d) $(LIANE) makemigrations --check --dry-run

format: install ## put the code in shape
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: install ## the benches there are; run one with: .venv/bin/liane bench NAME
	$(LIANE) bench list

conformance: install ## FHIR clients of others (PyPI, npm) against a served demo
	@scripts/conformance

drill-%: install ## a long drill: drill-kill…
	$(PY) -m bench.drills.$(subst -,_,$*)
