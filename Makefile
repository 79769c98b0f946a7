# Every target that needs the environment depends on setup, which takes no time when it is up to date.
# VENV=path uses another environment (a relative path starts here), ARGS=... is passed on to the command.
VENV ?= .venv
ARGS ?=
export VENV

BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo test check doctor format bench repeat pretrained build sbom audit oldest newest docs image lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: ## make .venv with the locked dependencies and the project
	@scripts/bootstrap.sh

demo: setup ## simulate, monitor, train, score and explain, into demo-output/
	$(BIN)/aml-miner demo --out demo-output $(ARGS)

test: setup ## all tests and docstring examples, coverage at least 95 %
	$(BIN)/python -m pytest --cov --numprocesses auto --maxprocesses 4 --dist loadfile $(ARGS)

check: setup ## format, lint, types, layers; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

doctor: setup ## examine machine, models and features (ARGS="--models FOLDER --batch BATCH --draws 1000")
	$(BIN)/aml-miner doctor $(ARGS)

format: setup ## format, and fix what ruff can fix
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: setup ## speed of scoring and explaining (ARGS="scoring full_day one_alert explaining", one or more)
	$(BIN)/python -m benchmarks $(ARGS)

repeat: setup ## run the pipeline 100 times, rows and threads shuffled, and compare digests (ARGS="--runs 10")
	$(BIN)/python -m benchmarks.repeat $(ARGS)

pretrained: setup ## make trained_models/ anew from seeds alone
	$(BIN)/python scripts/train_models.py $(ARGS)

build: setup ## wheel, source distribution and bill of materials in dist/, and the wheel tried where no source is
	rm -rf dist build
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --no-index --wheel-dir dist .
	$(BIN)/python -c "from setuptools.build_meta import build_sdist; build_sdist('dist')" > /dev/null
	$(BIN)/python scripts/write_sbom.py
	scripts/test_wheel.sh $(ARGS)

sbom: setup ## a CycloneDX bill of materials of the runtime lock, in dist/
	$(BIN)/python scripts/write_sbom.py

audit: setup ## known weaknesses of everything locked, from a public database; exits with 3 where it is not reached
	scripts/audit.sh $(ARGS)

oldest: setup ## tests with the oldest dependencies that pyproject.toml allows (ARGS="tests/batch")
	scripts/test_versions.sh oldest $(ARGS)

newest: setup ## tests with the newest dependencies that there are, whatever is locked (ARGS="tests/batch")
	scripts/test_versions.sh newest $(ARGS)

docs: setup ## docs/ as a site in site/
	$(BIN)/mkdocs build --quiet --strict

image: setup ## build the container and try it offline, read-only and without rights
	scripts/verify_container $(ARGS)

lock: ## write requirements/*.lock anew (ARGS=--upgrade for the newest versions)
	@scripts/lock.sh $(ARGS)

clean: ## remove everything that can be made again
	[ ! -f "$(VENV)/pyvenv.cfg" ] || rm -rf "$(VENV)"
	rm -rf build dist site *.egg-info demo-output htmlcov .coverage .coverage.*
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
