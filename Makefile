# Everything a newcomer needs: `make sandbox` to see it work, `make test` to trust it.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
SANDBOX_STAMP := $(VENV)/.installed-sandbox
INSTALL = $(PYTHON) .ci/install.py $(VENV)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

# A stamp depends on its lock: a changed lock is installed again, an unchanged one costs nothing. The lock
# for development holds that of the sandbox, at the same versions.
$(STAMP): requirements-dev.txt pyproject.toml sandbox/pyproject.toml .ci/install.py
	@$(INSTALL) requirements-dev.txt . ./sandbox
	@touch $@ $(SANDBOX_STAMP)

$(SANDBOX_STAMP): requirements-sandbox.txt pyproject.toml sandbox/pyproject.toml .ci/install.py
	@$(INSTALL) requirements-sandbox.txt . ./sandbox
	@touch $@

.PHONY: install
install: $(STAMP) ## Create .venv with everything in it

.PHONY: sandbox
sandbox: $(SANDBOX_STAMP) ## Run the bot against a local Slack workspace and a local AWS organization
	@$(BIN)/altcontact sandbox

# CI measures branches; coverage does that by sys.monitoring where Python can (3.14).
MEASURED = $(if $(COVERAGE),--cov=bot --cov-report=term:skip-covered)

# Tests start hundreds of Pythons, and each would compile again what others have compiled.
PYTEST = env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest

.PHONY: test
test: $(STAMP) ## Run every test (COVERAGE=1: measured); gets a Chromium where there is none
	@$(BIN)/python -m sandbox.tests.browser.chromium
	$(PYTEST) $(MEASURED)

.PHONY: unit
unit: $(STAMP) ## Run the unit tests alone: the inner loop
	$(PYTEST) tests/unit

.PHONY: soak
soak: $(STAMP) ## Prove long runs: 300 accounts with faults and kills, and 1,000 rounds of replicas; takes half an hour
	$(PYTEST) -n 0 -s tests/soak/run_of_300.py
	$(PYTEST) -n 0 -s tests/soak/rounds_of_replicas.py

.PHONY: screenshots
screenshots: $(STAMP) ## Take the pictures of the docs anew, from the running sandbox
	@$(BIN)/python -m sandbox.tests.browser.chromium
	$(BIN)/python -m sandbox.tests.browser.screenshots

.PHONY: lint
lint: $(STAMP) ## Check style, types and the layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy -p altcontact_sandbox
	$(BIN)/lint-imports

.PHONY: format
format: $(STAMP) ## Put the code in its one format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: modules
modules: ## Write docs/modules.md from the docstrings
	@$(PYTHON) .ci/module_index.py

.PHONY: link
link: ## Write the links that create the Slack app, from manifest.yml
	@$(PYTHON) .ci/manifest_link.py

.PHONY: bench
bench: $(STAMP) ## Measure (ratios within one run)
	$(BIN)/python -m benchmarks

# Extras stay in the pins: pip holds `coverage[toml]` for another project than `coverage`, and unpinned.
COMPILE := UV_PYTHON_DOWNLOADS=never uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url --no-emit-package altcontact --no-emit-package altcontact-sandbox --no-header --no-annotate

.PHONY: lock
lock: ## Resolve the locks again (needs uv)
	$(COMPILE) pyproject.toml -o requirements.txt
	printf 'editables\nhatchling\n' | $(COMPILE) --extra sandbox -c requirements.txt pyproject.toml - -o requirements-sandbox.txt
	$(COMPILE) --extra dev -c requirements-sandbox.txt pyproject.toml -o requirements-dev.txt
	printf 'build\ncyclonedx-python-lib\nhatchling\n' | $(COMPILE) -c requirements-dev.txt - -o requirements-build.txt

.PHONY: clean
clean: ## Remove what the other targets made
	rm -rf $(VENV) .coverage* .mypy_cache .pytest_cache .ruff_cache .hypothesis dist
