# The developers' and users' commands. `make help` lists them. Each makes what it needs; repeating one is quick.
SHELL = /bin/sh
.DEFAULT_GOAL := help
.PHONY: help chat setup test check fix bench soak audit lock clean
# One set-up at a time, and pytest's closing line last, whatever -j says.
.NOTPARALLEL:

# PYTHON=/path/to/python3.11 chooses the interpreter of .venv, ARGS adds arguments to the last command of a target.
ARGS ?=
BIN = .venv/bin
SETUP = python="$$(PYTHON='$(PYTHON)' sh scripts/find_python.sh)" && "$$python" scripts/setup.py
# `make test POSTERCHAT_SKIP_BROWSER=1` leaves out the tests that need Chromium.
export POSTERCHAT_SKIP_BROWSER
ifeq ($(POSTERCHAT_SKIP_BROWSER),1)
NO_BROWSER = -m "not browser"
endif

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-7s %s\n", $$1, $$2}'

chat: setup ## set up what is missing, then open the chat on 127.0.0.1:7860
	@exec $(BIN)/posterchat serve $(ARGS)

setup: ## environment, default models and the sample session; says where they are
	@$(SETUP) chat

test: ## set up what is missing, then run the whole test suite, real models included
	@$(SETUP) test
	@exec $(BIN)/python -m pytest $(NO_BROWSER) $(ARGS)

check: ## style, formatting and types
	@$(SETUP) env
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

fix: ## repair style and formatting
	@$(SETUP) env
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## measure speed here
	@exec $(BIN)/posterchat bench $(ARGS)

soak: ## 50 kills, 10 minutes of 50 users, 3 with the real model, and all injections; about 20 minutes
	@$(SETUP) test
	@$(BIN)/python scripts/soak.py kills --points 50
	@$(BIN)/python scripts/soak.py load --seconds 600
	@$(BIN)/python scripts/soak.py load --seconds 180 --users 10 --model real --models "$$($(BIN)/python scripts/where.py | sed 's/.*"models_dir": "\([^"]*\)".*/\1/')"
	@SOAK=1 $(BIN)/python -m pytest tests/faults tests/hostile tests/offline tests/soak $(ARGS)

audit: ## look the locked packages up in the database of known holes (network)
	@$(SETUP) env
	@$(BIN)/python -m pip install --quiet "pip-audit>=2.9" || true
	@$(BIN)/python scripts/audit.py $(ARGS)

lock: ## pin the newest allowed versions in requirements.lock (Python 3.11, network)
	@python="$$(PYTHON='$(PYTHON)' sh scripts/find_python.sh)" && "$$python" scripts/lock.py

clean: ## remove the environment and all caches in this folder; models, collections and built wheels stay
	rm -rf .venv .venv.lock build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find rag tests scripts -name __pycache__ -type d -exec rm -rf {} +
