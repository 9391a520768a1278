# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# `make demo` and `make test` are the two that matter; `make help` lists all.

SHELL := /bin/bash
.SHELLFLAGS := -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup setup-tests test demo lint soak bench gpu card clean

# On a robot the interpreter of its distribution, because rclpy is built for that one.
PYTHON ?= $(if $(ROS_DISTRO),/usr/bin/python3,$(firstword \
	$(foreach name,python3 python3.12 python3.11 python3.10,$(shell $(name) -c \
	'import ensurepip, sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 12))' \
	2>/dev/null && echo $(name))) python3))
VENV := .venv/bin

# Passed on through the environment, so that blanks and quotes in them stay text.
SOURCE ?=
INSTRUCTION ?=
ARGS ?=
export SOURCE INSTRUCTION

# One thread each: small tensors gain nothing from more, and tests share the machine.
test lint: export OMP_NUM_THREADS = 1

help:  ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16
	@echo
	@echo 'Variables: SOURCE=video.mp4|/dev/video0|bag.mcap INSTRUCTION="tell me when ..." ARGS="..."'
	@echo 'After `make setup`, with nothing sourced: .venv/bin/streamo VERB, and .venv/bin/python with'
	@echo '  import rclpy; from streamo_ros.msg import FrameState'
	@echo 'The source tree is what runs; a change of msg/, srv/, action/ needs `make setup` again.'

setup:  ## make or refresh .venv: ROS 2, torch, this package (seconds when nothing changed)
	@$(PYTHON) dev/environment.py

setup-tests:
	@$(PYTHON) dev/environment.py --tests

test: setup-tests  ## run all tests but those marked slow or gpu; ARGS goes to pytest
	@$(VENV)/python -m pytest -m 'not slow and not gpu' --durations=5 -q $(ARGS)

demo: setup  ## the main job on a real ROS graph: camera, node, timeline, recording, report
	@$(VENV)/streamo demo $${SOURCE:+--source "$$SOURCE"} \
		$${INSTRUCTION:+--instruction "$$INSTRUCTION"} $(ARGS)

lint: setup-tests  ## ruff and mypy
	@$(VENV)/ruff check .
	@$(VENV)/mypy

soak: setup-tests  ## run the node for hours and watch that nothing grows
	@$(VENV)/python -m pytest -m slow -q test/ros $(ARGS)

bench: setup  ## measure latency and memory per stage, as JSON
	@$(VENV)/streamo bench --json $(ARGS)

# The plain interpreter that has torch with CUDA: neither ROS nor .venv is needed.
GPU_PYTHON ?= python3

gpu:  ## tests and figures of the GPU path, random weights, 8 minutes (needs torch and CUDA)
	@$(GPU_PYTHON) -m streamo_ros.tools.gpu $(ARGS)

# Each file is one row or table of the card; a video of at least a minute shows false alarms best.
TINY := models/streamo-tiny
EVALUATE = $(VENV)/streamo evaluate $(TINY) --workers 2 --output $(TINY)/evaluation
VIDEO ?=
NOTHING := --instruction "tell me when a red ball appears" \
	--instruction "let me know when a blue box is gone" \
	--instruction "watch for the green star to be moved" \
	--instruction "tell me when the black cone touches the wall" \
	--instruction "when does a white ring arrive? give the time span"

card: setup  ## measure models/streamo-tiny and renew its card (VIDEO=file.mp4: no such thing in it)
	@$(EVALUATE).json --worlds 260
	@$(EVALUATE)_held_out.json --worlds 260 --held-out
	@$(EVALUATE)_phrasings.json --worlds 260 --phrasings config/evaluate/phrasings.yaml
	@$(EVALUATE)_blind.json --worlds 130 --blind
	@$(EVALUATE)_last_frame.json --worlds 130 --last-frame-only
	@$(EVALUATE)_2hz.json --worlds 130 --rate 2 --frames 48
	@$(EVALUATE)_complete.json --worlds 260 --complete
	@$(EVALUATE)_drop.json --worlds 260 --drop 0.2
	@$(EVALUATE)_never.json --never-hours 3
	@$(EVALUATE)_600.json --worlds 13 --frames 600
	@if [ -n "$(VIDEO)" ]; then $(EVALUATE)_video.json --rate 2 --video "$(VIDEO)" \
		$(NOTHING); fi
	@$(VENV)/python -m streamo_ros.tiny.card $(TINY)

clean:  ## remove .venv and what tools left behind
	rm -rf .venv build install log out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf streamo_ros.egg-info
