# Everything starts from `python3` (3.11 or newer, with venv) and `make`; nothing else is needed.
# The environment is .venv; stamp files make the second run instant.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
# Compiled modules are kept, whatever the shell says: without them each process compiles them all.
export PYTHONDONTWRITEBYTECODE :=

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check
CREATED := .venv/.created
EMBEDDED := .venv/.embedded
DEV := .venv/.dev
args ?=
# Most of a test's time is spent waiting for real services, so processes outnumber the cores.
WORKERS ?= 4
PYTEST := $(PY) -m pytest -n $(WORKERS) --dist loadfile

.PHONY: help demo up test test-ui screenshots test-money test-season fuzz chaos planted bench simulate histories \
	register replay books check fmt migrate

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(CREATED):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "DrillFlow needs Python 3.11 or newer: make PYTHON=python3.11 …" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python has no venv module. Debian, Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@test -x .venv/bin/pip || $(PYTHON) -m venv .venv
	@touch $@

# One environment serves both: the development lock contains the embedded one.
$(EMBEDDED): requirements-embedded.lock | $(CREATED)
	@echo "Installing DrillFlow and its embedded servers (once, about a minute) …"
	@$(PIP) install --quiet --require-hashes -r $<
	@touch $@

$(DEV): requirements-dev.lock | $(CREATED)
	@echo "Installing DrillFlow, its embedded servers and the development tools (once) …"
	@$(PIP) install --quiet --require-hashes -r $<
	@touch $(EMBEDDED) $@

demo: $(EMBEDDED) ## Play one real order from the first tap to the settled ledger
	@$(PY) -m local demo $(args)

up: $(EMBEDDED) ## Run the whole stack until Ctrl-C (DATA=city fills it with people)
	@$(PY) -m local up $(if $(DATA),--data $(DATA)) $(args)

test: $(DEV) ## Run the test suite on real services (args="-k offers" to choose)
	@$(PYTEST) -m "not ui and not openapi and not season and not fuzz" $(args)

test-ui: $(DEV) ## Browser checks and screenshots (needs Chromium)
	@$(PY) -m pytest -m ui $(args)

screenshots: $(DEV) ## Take the pictures of docs/images again (needs Chromium)
	@DRILLFLOW_SCREENSHOTS=1 $(PY) -m pytest -m ui tests/ui \
	  -k "ru-1360 or changed_mind or temporal" $(args)

test-money: $(DEV) ## Money tests with payment notices lost or repeated (WEBHOOKS=dropped|fivefold)
	@DRILLFLOW_TEST_WEBHOOKS=$(or $(WEBHOOKS),dropped) $(PYTEST) -m money $(args)

test-season: $(DEV) ## One season in one test: thirty orders over 120 virtual days
	@$(PY) -m pytest -m season $(args)

fuzz: $(DEV) ## Random acts and requests, answered all of them (SEED=7 ROUNDS=40; long: ROUNDS=1000)
	@DRILLFLOW_FUZZ_SEED=$(or $(SEED),7) DRILLFLOW_FUZZ_ROUNDS=$(or $(ROUNDS),40) \
	  $(PY) -m pytest -m fuzz $(args)

bench: $(EMBEDDED) ## Measure against floors of the same run (var/bench.json)
	@$(PY) -m local bench $(args)

simulate: $(EMBEDDED) ## Compare policies on a synthetic season (POLICY=file HISTORY=file SEED=1)
	@$(PY) -m local simulate $(if $(POLICY),--policy $(POLICY)) $(if $(HISTORY),--history $(HISTORY)) \
	  $(if $(SEED),--seed $(SEED)) $(args)

register: $(EMBEDDED) ## Write the accountant's register of a business day (DATE=2026-11-24)
	@test -n "$(DATE)" || { echo "Which day? make register DATE=2026-11-24" >&2; exit 2; }
	@$(PY) -m local register $(DATE) $(args)

planted: $(DEV) ## Plant known bugs in a copy, one at a time: their tests must turn red (args="money")
	@$(PY) -m tests.planted $(args)

chaos: $(EMBEDDED) ## Orders under seeded faults, then the books (SEED=7 ORDERS=18; long: ORDERS=1000)
	@$(PY) -m local chaos --seed $(or $(SEED),7) --orders $(or $(ORDERS),18) $(args)

histories: $(DEV) ## Record the replay files again
	@$(PY) -m local histories $(args)

replay: $(DEV) ## Replay one order's history on this code (ORDER=id)
	@test -n "$(ORDER)" || { echo "Which order? make replay ORDER=<id>" >&2; exit 2; }
	@$(PY) -m local replay $(ORDER) $(args)

books: $(EMBEDDED) ## Rebuild one order's money from its journals (ORDER=id)
	@test -n "$(ORDER)" || { echo "Which order? make books ORDER=<id>" >&2; exit 2; }
	@$(PY) -m local books $(ORDER) $(args)

check: $(DEV) ## Lint, format, types, import arrows, migrations, locks, schemas
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo
	@if test -d workflows; then .venv/bin/temporalint workflows; fi
	@if test -f local/__main__.py; then $(PY) -m local check-migrations; fi
	@if grep -n '://' requirements*.lock; then echo "A lock file names an address" >&2; exit 1; fi
	@$(PIP) check
	@.venv/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@for file in $(wildcard docker-compose*.yml); do \
	  .venv/bin/check-jsonschema --builtin-schema vendor.compose-spec $$file; done

fmt: $(DEV) ## Format the code and mend what can be mended
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .

migrate: $(EMBEDDED) ## Bring the database of DRILLFLOW_DATABASE_URL to the newest schema
	@$(PY) -m alembic upgrade head
