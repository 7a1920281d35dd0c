# Every target works from a fresh clone: what it needs is set up first.
# PYTHON names the Python (3.11 or newer) that makes the environment.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
NEWSLETTER := $(BIN)/newsletter
WEEK ?=
YES ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check fix gather draft preview send status serve bench drill check-mail refresh-clients pins clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

setup: $(VENV)/ready ## make .venv with newsletter in it

# Packages come with pinned hashes; the project itself is linked, so edits count at once.
$(VENV)/ready: requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing packages into $(VENV) (the first time takes a minute) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/ready-dev: requirements-dev.txt $(VENV)/ready
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: $(VENV)/ready ## run a whole week on sample feeds and readers, in .demo/
	@$(NEWSLETTER) demo

test: $(VENV)/ready-dev ## run the tests
	@$(BIN)/python -m pytest -q -n auto --dist loadgroup

check: $(VENV)/ready-dev ## lint, types, layers, migrations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tests.migrations

fix: $(VENV)/ready-dev ## format and mend what can be mended by itself
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

gather: $(VENV)/ready ## fetch the feeds
	@$(NEWSLETTER) gather

draft: $(VENV)/ready ## propose the week's issue (WEEK=2026-W47)
	@$(NEWSLETTER) draft $(WEEK)

preview: $(VENV)/ready ## open the desk, already signed in
	@$(NEWSLETTER) preview $(WEEK)

send: $(VENV)/ready ## send the approved issue (WEEK=2026-W47 YES=1)
	@$(NEWSLETTER) send $(WEEK) $(if $(YES),--yes)

status: $(VENV)/ready ## say how an issue stands (WEEK=2026-W47)
	@$(NEWSLETTER) status $(WEEK)

serve: $(VENV)/ready ## run the web pages and the mail queue
	@$(NEWSLETTER) serve

bench: $(VENV)/ready-dev ## measure speed and memory (SECTION=send)
	@$(BIN)/python -m tests.bench $(SECTION)

drill: $(VENV)/ready-dev ## the long drills: sends killed at every step, a fleet under fire, a soak (ROUNDS=300 SOAK=3600)
	@$(BIN)/python -m pytest -q -m drill
	@$(BIN)/python -m tests.drill --rounds $(or $(ROUNDS),300)
	@$(BIN)/python -m tests.drill.fleet
	@$(BIN)/python -m tests.drill.soak --seconds $(or $(SOAK),3600)

check-mail: $(VENV)/ready-dev ## put the mail before strangers' checkers (npm, Java, Chromium)
	@$(BIN)/python -m tests.mailcheck

refresh-clients: $(VENV)/ready-dev ## renew what preflight knows of mail programs, by npm (FILE=data.json)
	@$(BIN)/python -m tests.mailcheck refresh $(FILE)

pins: ## renew the pinned packages (needs uv)
	uv pip compile pyproject.toml --group setup --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url -q -o requirements.txt
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url -q -c requirements.txt -o requirements-dev.txt

clean: ## remove the environment, caches and the demo
	rm -rf $(VENV) .demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
