# Everything a developer types. `make run` needs Python 3.11 or newer with venv, and make; nothing else.

PORT ?= 8000
# the first Python that is new enough; name another with `make PYTHON=…`
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3.14 python3; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
PY = .venv/bin/python
TESTS ?=
.DEFAULT_GOAL = help
.PHONY: help run setup test test-long check format bench lock assets clean python dev

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

run: python ## set up what is missing, then serve on http://127.0.0.1:$(PORT)
	@$(PYTHON) scripts/setup.py run && exec .venv/bin/funeng serve --port $(PORT)

setup: python ## the same without serving
	@$(PYTHON) scripts/setup.py run

test: dev ## install what the tests need, then run all of them (TESTS=tests/search for a part)
	@$(PY) -m tests.services.preflight
	@$(PY) scripts/test.py $(TESTS)

test-long: dev ## the full figures of the promises; goes on where it was stopped; output in docs/evidence
	@$(PY) -m tests.services.preflight
	@$(PY) scripts/long.py

check: dev ## format, lint, types, architecture
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy
	@$(PY) -m pytest -q -p no:cacheprovider tests/architecture

format: dev ## write the format that `make check` asks for
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

bench: dev ## speed and memory against references measured in the same run
	@$(PY) -m tests.services.preflight
	@for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(PY) $$file || exit 1; done

lock: dev ## compile requirements/*.txt and package-lock.json anew
	@$(PY) scripts/lock.py

assets: dev ## fetch the browser assets again
	@$(PY) scripts/assets.py

clean: ## remove what can be made again (the data in var/ stays)
	rm -rf .venv node_modules dist build *.egg-info app/web/static/vendor htmlcov .coverage .coverage.*
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find app search tests scripts migrations benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

dev: python
	@$(PYTHON) scripts/setup.py dev

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found; install it or name it: make PYTHON=/path/to/python3"; exit 1; }
