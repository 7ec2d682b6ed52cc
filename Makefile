# Thin on purpose: each target is one script, and the scripts say what they do.
# On a fresh machine `make demo` and `make test` need git, make and Python 3.11+; they fetch the rest.
.PHONY: help demo demo-night test lint test-server test-extension package extension setup clean

# A machine that forbids byte code would compile torch anew in every process that the tests start.
unexport PYTHONDONTWRITEBYTECODE

PYTHON = $(shell sh scripts/find_python.sh)
VENV = .venv/bin/python
EXAMPLE = examples/lean-project/Examples.lean
RECORDED = tests/data/lean/recorded

help:  ## What there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 14

demo: setup-demo  ## Walk through the `sorry`s of the example project, or of FILE=…
	@.venv/bin/fd-server demo $(if $(FILE),"$(FILE)",$(EXAMPLE) --fallback $(RECORDED)) $(DEMO)

demo-night: setup-night  ## A whole night of training in miniature: tiny model, this CPU, real Lean
	@.venv/bin/fd-trainer demo $(DEMO)

test: setup-test  ## Everything: style, types, layers, tests, the built wheel; then a summary
	@$(VENV) scripts/checks.py lint test-server package test-extension

lint: setup-test  ## Style, types and layers only
	@$(VENV) scripts/checks.py lint

test-server: setup-test  ## The Python tests only; PYTEST="-k name" narrows them
	@$(VENV) scripts/checks.py test-server -- $(PYTEST)

package: setup-test  ## Build the wheel and try it in a clean environment
	@$(VENV) scripts/checks.py package

test-extension: setup-test  ## The extension only: style, types, unit tests, and a real VS Code workbench
	@$(VENV) scripts/checks.py test-extension

extension: setup-demo  ## Build dist/fd-prover-<version>.vsix, the server's wheel inside
	@$(VENV) scripts/extension.py

setup-demo setup-night setup-test: setup-%:
	@test -n "$(PYTHON)" && "$(PYTHON)" scripts/setup.py $*

clean:  ## Remove what was built (not .venv)
	rm -rf dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
