# Kith. `make` prints what there is.

PYTHON ?= python3
VENV := .venv/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.PHONY: help setup protos run test faults check engines mutation bench format lock clean

# Folders too, so that the removal of a proto is noticed.
PROTOS := $(shell find protos/kith -name '*.proto' -o -type d)
ASSETS := $(addprefix deploy/assets/,fetch.py package-lock.json requirements-node.lock)
# What changing the rules of consent and running their cases needs.
MUTATED := pyproject.toml tests/cases services/__init__.py services/consent \
	tests/__init__.py tests/unit/__init__.py tests/unit/consent
MIGRATIONS = $(wildcard services/*/migrations/*.sql)

help: ## Prints this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed gen/.protos gen/.assets ## Makes .venv/, generated protos and front-end assets
protos: gen/.protos ## Generates gen/ from protos/ where they have changed

run: setup ## Starts the whole fleet with the demo town and prints the address
	@$(VENV)/python -m deploy.local

test: setup ## Runs the quick tests and says which engines ran; T='-k pattern' for some of them
	@$(VENV)/pytest -m "not faults" $(T)

faults: setup ## Runs the rest of the tests: parts of a fleet killed under load, engines restarted
	@$(VENV)/pytest -m faults $(T)

check: setup ## Lints, types, contracts between modules, protos, migrations, the repository's own tests
	$(VENV)/ruff check
	$(VENV)/ruff format --check --quiet
	$(VENV)/mypy
	$(VENV)/lint-imports --verbose --no-cache > .venv/imports.log || { cat .venv/imports.log; exit 1; }
	$(VENV)/buf lint gen/kith.binpb --config protos/buf.yaml --path kith
	cd protos && ../$(VENV)/buf format --diff --exit-code --path kith
	$(if $(MIGRATIONS),$(VENV)/squawk $(MIGRATIONS))
	$(VENV)/pytest --quiet tests/repository

engines: setup ## Fetches Apache Kafka and OpenSearch for the tests on real engines
	@$(VENV)/python -m deploy.engines fetch

mutation: setup ## Changes the rules of consent in every small way and says how many the cases notice
	@# On a copy, so that no changed code lies about in the checkout.
	@rm -rf .venv/mutation && mkdir -p .venv/mutation
	@tar -cf - $(MUTATED) | tar -xf - -C .venv/mutation
	@cd .venv/mutation && ../bin/mutmut run --max-children 2 && ../bin/mutmut results && ../bin/mutmut export-cicd-stats
	@$(VENV)/python -c 'import json, sys; s = json.load(open(".venv/mutation/mutants/mutmut-cicd-stats.json")); \
		share = 100 * s["killed"] / s["total"]; \
		print("%d of %d changes noticed: %.1f%%" % (s["killed"], s["total"], share)); sys.exit(share < 90)'

bench: setup ## Measures how fast Kith is on this machine; B='--parts find_path' for some of it, B=--full at full size
	@$(VENV)/python -m tests.bench $(B)

format: setup ## Puts code and protos into their standard form
	$(VENV)/ruff check --quiet --fix-only
	$(VENV)/ruff format
	cd protos && ../$(VENV)/buf format --write --path kith

lock: ## Pins requirements anew with hashes; needs uv
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links requirements.in --output-file requirements.lock

clean: ## Removes what `make setup` made; the data of `make run` in .kith/ stays
	rm -rf .venv gen .mypy_cache .ruff_cache .pytest_cache .hypothesis

# A stamp is newer than what it was made from, or its recipe runs again.

.venv/.installed: requirements.lock
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Kith needs Python 3.11 or newer: make setup PYTHON=…")'
	$(PYTHON) -m venv .venv
	$(VENV)/python -m pip install --quiet --require-hashes --requirement requirements.lock
	@# Puts the checkout and gen/ on the path of everything that runs in .venv/.
	@printf '%s\n' "$(CURDIR)" "$(CURDIR)/gen" > \
		"$$($(VENV)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/kith.pth"
	@touch $@

gen/.protos: protos/generate.py $(PROTOS) .venv/.installed
	$(VENV)/python protos/generate.py
	@touch $@

gen/.assets: $(ASSETS) | .venv/.installed
	$(VENV)/python -m deploy.assets.fetch
	@mkdir -p gen && touch $@
