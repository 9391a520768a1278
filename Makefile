# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# `make demo` and `make test` are the main targets; `make help` lists all of them.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests test demo browser picture lint style types format slow soak bench gpu card card-objects clean

# On a robot, the interpreter that its rclpy is built for.
PYTHON ?= $(if $(ROS_DISTRO),/usr/bin/python3,$(firstword \
	$(foreach name,python3 python3.12 python3.11 python3.10,$(shell $(name) -c \
	'import ensurepip, sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' \
	2>/dev/null && echo $(name))) python3))
VENV := .venv/bin

# Passed through the environment, so that blanks and quotes in them remain text.
SOURCE ?=
INSTRUCTION ?=
LIVE ?=
ARGS ?=
export SOURCE INSTRUCTION

# One thread per process: small tensors gain nothing from more, and tests share the machine.
test: export OMP_NUM_THREADS = 1

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22
	@echo
	@echo 'Variables: SOURCE=video.mp4|/dev/video0|bag.mcap INSTRUCTION="tell me when ..." ARGS="..."'
	@echo 'After `make setup`, with nothing sourced: .venv/bin/streamo VERB, and .venv/bin/python with'
	@echo '  import rclpy; from streamo_ros.msg import FrameState'
	@echo 'The source tree is what runs; after a change in msg/, srv/ or action/ run `make setup`.'

setup:  ## create or update .venv: ROS 2, torch, this package (seconds when nothing changed)
	@$(PYTHON) dev/environment.py

setup-tests:
	@$(PYTHON) dev/environment.py --tests

# Whole files go to one process: what a file's tests share is made once. Their order is that of
# test/conftest.py.
# Many tests wait for a graph: one process more than cores keeps them busy.
WORKERS := -n $(shell cores=$$(nproc 2>/dev/null || echo 2); echo $$((cores < 4 ? cores + 1 : 4))) --dist loadfile --no-loadscope-reorder --max-worker-restart 0

test: setup-tests  ## run all tests except those marked slow or gpu; ARGS is passed to pytest
	@$(VENV)/python -m pytest -m 'not slow and not gpu and not browser' $(WORKERS) --durations=5 -q $(ARGS)

demo: setup  ## run the demo on a real ROS graph: camera, node, page, recording, report (LIVE=0: no page)
	@$(VENV)/streamo demo $${SOURCE:+--source "$$SOURCE"} \
		$${INSTRUCTION:+--instruction "$$INSTRUCTION"} $(if $(filter 0,$(LIVE)),--no-live) $(ARGS)

browser: setup-tests  ## test the page in a real browser: chromium, headless; skipped without one
	@$(VENV)/python -m pytest -m browser -n 2 -q test/live test/ros/test_live_browser.py $(ARGS)

CLIP ?=

picture: setup-tests  ## take README.md's picture of the page (CLIP=video.mp4; needs chromium)
	@test -n "$(CLIP)" || { echo 'add CLIP=video.mp4: a real video with people in it'; exit 2; }
	@$(VENV)/python dev/make_page_picture.py "$(CLIP)" docs/images/live.webp

lint: style types  ## check style and types: ruff check, ruff format --check, mypy --strict

style: setup-tests
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check .

types: setup-tests
	@$(VENV)/mypy

format: setup-tests  ## format the sources, and fix what ruff can fix
	@$(VENV)/ruff check --fix .
	@$(VENV)/ruff format .

slow: setup-tests  ## run the tests that are too slow for `make test`, but not the soak
	@$(VENV)/python -m pytest -m slow -q test --ignore=test/ros $(ARGS)

soak: setup-tests  ## run the node for hours and check that nothing grows
	@$(VENV)/python -m pytest -m slow -q test/ros $(ARGS)

bench: setup  ## measure latency and memory of every stage, as JSON
	@$(VENV)/streamo bench --json $(ARGS)

# The plain interpreter that has torch with CUDA: neither ROS nor .venv is needed.
GPU_PYTHON ?= python3

gpu:  ## tests and figures of the GPU path, random weights, 8 minutes (needs torch and CUDA)
	@$(GPU_PYTHON) -m streamo_ros.tools.gpu $(ARGS)

# Each file is a row or a table of the card; false alarms need a video of at least a minute.
TINY := models/streamo-tiny
EVALUATE = $(VENV)/streamo evaluate $(TINY) --workers 2 --output $(TINY)/evaluation/evaluation
VIDEO ?=
NOTHING := --instruction "tell me when a red ball appears" \
	--instruction "let me know when a blue box is gone" \
	--instruction "watch for the green star to be moved" \
	--instruction "tell me when the black cone touches the wall" \
	--instruction "when does a white ring arrive? give the time span"

# Model, folder, recordings, truth: what was caught and missed, and thresholds from what that stored.
# The second command finds what the first one has replayed.
SCORE_CARD = for verb in score calibrate; do $(VENV)/streamo $$verb $(3) --truth $(4) --model $(1) --workers 2 \
	--output $(2)/score --json > $(2)/$$verb.json || test $$? -eq 1 || exit 2; done; \
	mv $(2)/score.json $(1)/evaluation/score.json; mv $(2)/calibrate.json $(1)/evaluation/calibration.json

card: setup  ## evaluate models/streamo-tiny and update its card (VIDEO=file.mp4: for false alarms)
	@$(EVALUATE).json --worlds 260
	@$(EVALUATE)_held_out.json --worlds 260 --held-out
	@$(EVALUATE)_phrasings.json --worlds 260 --phrasings config/evaluate/phrasings.yaml
	@$(EVALUATE)_strangers.json --worlds 260 --phrasings config/evaluate/strangers.yaml
	@$(EVALUATE)_strangers2.json --worlds 260 --phrasings config/evaluate/strangers2.yaml
	@$(EVALUATE)_blind.json --worlds 130 --blind
	@$(EVALUATE)_last_frame.json --worlds 130 --last-frame-only
	@$(EVALUATE)_2hz.json --worlds 130 --rate 2 --frames 48
	@$(EVALUATE)_complete.json --worlds 260 --complete
	@$(EVALUATE)_drop.json --worlds 260 --drop 0.2
	@$(EVALUATE)_never.json --never-hours 3
	@$(EVALUATE)_never_strangers.json --never-hours 2 --phrasings config/evaluate/strangers.yaml
	@$(EVALUATE)_never_strangers2.json --never-hours 2 --phrasings config/evaluate/strangers2.yaml
	@$(EVALUATE)_600.json --worlds 13 --frames 600
	@if [ -n "$(VIDEO)" ]; then $(EVALUATE)_video.json --rate 2 --video "$(VIDEO)" \
		$(NOTHING); fi
	@rm -rf out/card/tiny && $(VENV)/streamo evaluate $(TINY) --worlds 26 --export out/card/tiny
	@$(call SCORE_CARD,$(TINY),out/card/tiny,out/card/tiny/*_*,out/card/tiny/truth.jsonl)
	@$(VENV)/python -m streamo_ros.tiny.card $(TINY)

# REAL is a folder of clips with truth, as docs/evaluation.md describes it.
OBJECTS := models/streamo-objects
WATCH = $(VENV)/streamo evaluate $(OBJECTS) --output $(OBJECTS)/evaluation
REAL ?=
# Clips that nobody looked at in training: models/streamo-objects/evaluation/fresh says how to make them.
FRESH ?=
# The card names the clips as seen from here, wherever REAL begins.
CLIPS = $(shell realpath --relative-to=. '$(REAL)')

card-objects: setup  ## evaluate models/streamo-objects and update its card (REAL=folder of clips)
	@test -n "$(REAL)" || { echo 'add REAL=FOLDER: clips with truth about what is in them'; exit 2; }
	@$(WATCH)/streams.json --streams 680 --frames 30
	@$(WATCH)/streams_held_out.json --streams 680 --frames 30 --held-out --seed 1
	@$(WATCH)/streams_unknown.json --streams 100 --family unknown --held-out --seed 2
	@$(WATCH)/streams_long.json --streams 102 --frames 240 --seed 6
	@$(WATCH)/real.json --real "$(REAL)" --variants 2 --cuts 8
	@if [ -n "$(FRESH)" ]; then $(WATCH)/fresh.json --real "$(FRESH)" --cuts 8; fi
	@rm -rf out/card/objects && mkdir -p out/card/objects
	@$(call SCORE_CARD,$(OBJECTS),out/card/objects,"$(CLIPS)"/*.mp4,"$(CLIPS)")
	@$(VENV)/python -m streamo_ros.tiny.objects.card $(OBJECTS)

clean:  ## remove .venv and the output of tools
	rm -rf .venv build install log out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf streamo_ros.egg-info
