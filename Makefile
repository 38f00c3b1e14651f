# make demo   base install in .venv-demo, then read the emotion in a real photograph
# make test   full install in .venv, then linters, types and tests
PYTHON ?= python3

.PHONY: demo test check clean

demo: .venv-demo/.installed
	.venv-demo/bin/ferlite predict examples/astronaut.jpg --save examples/out

test: check
	.venv/bin/python -m pytest

check: .venv/.installed
	.venv/bin/ruff check . && .venv/bin/ruff format --check .
	.venv/bin/mypy

.venv-demo/.installed: pyproject.toml
	$(PYTHON) -m venv .venv-demo
	.venv-demo/bin/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.installed: pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[lab,dev]'
	touch $@

clean:
	rm -rf .venv .venv-demo examples/out
