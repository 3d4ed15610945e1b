# Cairn. `make up` starts a hub, `make test` runs every test; `make help` lists the rest.
SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
VENV := .venv
PY := $(VENV)/bin/python
# The Python that runs the tests; .clients/mlflow-next/bin/python puts the newest MLflow before the one of .venv.
TESTER ?= $(PY)
# pip, telling how far it is; its last words are kept for the case that it fails.
define install
	@{ $(PY) -m pip install --disable-pip-version-check --require-virtualenv --progress-bar off --requirement $(1) 2>&1; \
	echo "status $$?"; } | awk -v total=$$(grep -c '==' $(1)) -v tty=$$([ -t 1 ] && echo 1) '\
	/^(Collecting|Requirement already satisfied)/ { n++; name = $$0; sub(/^(Collecting|Requirement already satisfied:) /, "", name); sub(/ .*/, "", name); \
	  if (tty) printf "\r      %3d of %d  %-50.50s", n, total, name; else if (n % 20 == 0) printf "      %3d of %d\n", n, total; fflush() } \
	/^Installing collected/ { printf "%s      unpacking\n", (tty ? "\n" : ""); fflush() } \
	/^status / { code = $$2; next } { last[NR % 15] = $$0 } \
	END { if (code) for (i = NR - 14; i < NR; i++) if (last[i % 15] != "") print last[i % 15]; exit code }'
endef
WORKERS ?= $(shell $(PY) -c 'import os; print(max(1, min(8, os.cpu_count() or 1)))' 2>/dev/null || echo 2)

.PHONY: help
help: ## List what make can do
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then echo "Cairn needs Python 3.11, 3.12 or 3.13, and none was found. Install one, or say: make up PYTHON=/path/to/python3"; exit 1; fi
	@echo "[1/3] Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { echo "The venv module is missing. On Debian: apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.base: $(VENV)/.made requirements/base.txt
	@echo "[2/3] Installing $$(grep -c '==' requirements/base.txt) Python packages"
	$(call install,requirements/base.txt)
	@touch $@

$(VENV)/.front: $(VENV)/.base package.json package-lock.json
	@command -v npm >/dev/null 2>&1 || { echo "[3/3] Installing npm as a Python package, since this machine has none"; \
	$(PY) -m pip install --quiet --disable-pip-version-check --requirement requirements/node.txt; }
	@echo "[3/3] Installing front-end packages"
	@PATH="$$PATH:$(CURDIR)/$(VENV)/bin" npm ci --no-audit --no-fund --loglevel=error
	@$(PY) manage.py gather_static
	@touch $@

$(VENV)/.dev: $(VENV)/.front requirements/dev.txt
	@echo "Installing what the tests need (MLflow, scikit-learn and friends: a few minutes the first time)"
	$(call install,requirements/dev.txt)
	@touch $@

.PHONY: clients
clients: $(VENV)/.dev ## Install the clients that the tests drive beside those in .venv
	@$(PY) -m tests.support.clients

.PHONY: install
install: $(VENV)/.front ## Install everything a hub needs, without starting it

.PHONY: up
up: $(VENV)/.front ## Install what is missing and start the hub
	@exec $(PY) manage.py up

.PHONY: demo
demo: $(VENV)/.front ## Fill the hub with a living example
	@$(PY) manage.py demo

.PHONY: test
test: clients ## Run the whole test suite
	@$(PY) -m tests.needs
	@$(TESTER) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: check
check: $(VENV)/.dev ## Lint, types, layers, migrations and documents
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@PYTHONPATH=. $(VENV)/bin/lint-imports
	@HUB_ENV=test $(PY) manage.py makemigrations --check --dry-run
	@HUB_ENV=test $(PY) manage.py check --fail-level WARNING
	@HUB_ENV=test $(PY) -m pytest -q -p no:cacheprovider tests/house

.PHONY: format
format: $(VENV)/.dev ## Format the code and mend what the linter can
	@$(VENV)/bin/ruff check --fix --quiet . || true
	@$(VENV)/bin/ruff format .

.PHONY: lock
lock: $(VENV)/.dev ## Resolve Python and front-end packages afresh
	@for set in base dev node; do $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-annotate --no-header --upgrade $$([ $$set = base ] && echo pyproject.toml) $$([ $$set = dev ] && echo pyproject.toml --group dev --constraint requirements/base.txt) \
		$$([ $$set = node ] && echo --group node) --output-file requirements/$$set.txt || exit 1; done
	@$(PY) -m tests.support.clients lock
	@npm install --package-lock-only --no-audit --no-fund

.PHONY: clean
clean: ## Remove what was installed and built; data stays
	rm -rf $(VENV) .clients node_modules build hub/static/hub/css/hub.css hub/static/hub/img/icons.svg
