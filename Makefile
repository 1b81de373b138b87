# The only command surface. Every target is enough alone: it makes the environment it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PYTHON ?= python3
ENV ?= staging
ACCOUNT ?=
# One worker more than cores: many tests wait for a local cloud or a browser.
WORKERS ?= $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 1) + 1)")
UV_VERSION := 0.13.9
STACK = --env $(ENV) $(if $(ACCOUNT),--account $(ACCOUNT)) $(CDK_ARGS)

UV := .tools/bin/uv
BIN := .venv/bin
READY := .venv/.ready
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Where it is set, each process of a test run compiles every module that it imports anew.
unexport PYTHONDONTWRITEBYTECODE

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
test: $(READY) check ## Run the checks and all tests: what CI runs
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

.PHONY: quick
quick: $(READY) ## Run the quick tests: no local cloud, browser, synthesised stack or crash scene
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m "not cloud and not browser and not synth and not crash and not nightly"

.PHONY: fuzz
fuzz: $(READY) ## Run what draws its examples, with 100,000 of them and more (an hour or so)
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -m fuzz --hypothesis-profile=fuzz --timeout=7200

.PHONY: nightly
nightly: $(READY) ## Run what takes minutes: the demo, the whole browser lab, 200,000 routed requests, every death
	$(BIN)/pytest -m "nightly or crash" --hypothesis-profile=random --timeout=900

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
	@$(BIN)/edgeship synth $(STACK)

.PHONY: deploy
deploy: $(READY) ## Deploy ENV to the AWS account of your credentials: make deploy ENV=production
	@$(BIN)/edgeship deploy $(STACK)

.PHONY: destroy
destroy: $(READY) ## Delete the stacks of ENV; what holds data stays
	@$(BIN)/edgeship destroy --env $(ENV) $(CDK_ARGS)

.PHONY: clean
clean: ## Remove what the targets made
	rm -rf .venv .tools .edgeship cdk.out .pytest_cache .mypy_cache .ruff_cache .hypothesis
