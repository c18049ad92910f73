# Kith. `make` prints what there is.

PYTHON ?= python3
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv/bin
# Folders too, so that a removed proto is noticed.
PROTOS := $(shell find protos/kith -name '*.proto' -o -type d)

.PHONY: help setup protos run test check engines bench format lock clean

help: ## Prints this
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.installed gen/.generated ## Makes .venv/, generated protos and front-end assets

protos: gen/.generated ## Generates gen/ from protos/ when they have changed

run: setup ## Starts the whole fleet with the demo town and prints the address
	@$(VENV)/python -m deploy.local

test: setup ## Runs the tests; says which engines ran and what was skipped
	@$(VENV)/pytest

engines: setup ## Fetches Apache Kafka and OpenSearch for the tests on real engines
	@$(VENV)/python -m deploy.engines fetch

.venv/.installed: requirements.lock
	$(PYTHON) -m venv .venv
	$(VENV)/python -m pip install --quiet --require-hashes -r requirements.lock
	@# Puts the checkout and gen/ on the path of everything that runs in .venv/.
	@printf '%s\n' "$(CURDIR)" "$(CURDIR)/gen" > \
		"$$($(VENV)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/kith.pth"
	@touch $@

gen/.generated: protos/generate.py $(PROTOS) .venv/.installed
	$(VENV)/python protos/generate.py
	@touch $@
