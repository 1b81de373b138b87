# The only command surface. Every target is enough alone: it makes the environment it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
ENV ?= staging
ACCOUNT ?=
UV_VERSION := 0.13.9
CDK_CLI := aws-cdk@2.1148.1

UV := .tools/bin/uv
BIN := .venv/bin
READY := .venv/.ready
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION := 1
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 1

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(UV):
	$(PYTHON) -m venv .tools
	.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(READY): $(UV) pyproject.toml uv.lock
	$(UV) sync --quiet --locked --all-extras --all-groups --python $(PYTHON)
	@touch $@

.PHONY: install
install: $(READY) ## Make .venv from uv.lock

.PHONY: demo
demo: $(READY) ## Run the whole story on the local cloud: publish, promote, roll back
	@$(BIN)/edgeship local demo

.PHONY: up
up: $(READY) ## Start the local cloud in this terminal (Ctrl-C stops it)
	@$(BIN)/edgeship local up

.PHONY: test
test: $(READY) check ## Run the checks and all tests
	$(BIN)/pytest -n auto --dist loadgroup

.PHONY: check
check: $(READY) ## Lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(READY) ## Rewrite the sources the way the checks want them
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(READY) ## Benchmarks: ratios against a peer in the same run
	$(BIN)/python -m tests.bench

.PHONY: synth
synth: $(READY) ## Write the CloudFormation template of ENV to cdk.out/
	npx --yes $(CDK_CLI) synth --quiet -c environment=$(ENV) $(if $(ACCOUNT),-c account=$(ACCOUNT)) $(CDK_ARGS)

.PHONY: deploy
deploy: $(READY) ## Deploy ENV to the AWS account of your credentials: make deploy ENV=production
	npx --yes $(CDK_CLI) deploy -c environment=$(ENV) $(if $(ACCOUNT),-c account=$(ACCOUNT)) $(CDK_ARGS)

.PHONY: clean
clean: ## Remove what the targets made
	rm -rf .venv .tools .edgeship cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis
