# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of the memory: what is kept, and who answers questions about it."""

from __future__ import annotations

from streamo_ros.config.parameter import Parameter
from streamo_ros.config.parameter import When

_SETUP = When.UNCONFIGURED

MEMORY = (
    Parameter(
        'memory.path',
        '',
        'Folder that keeps pictures, states and answers for questions about the past; '
        'empty = none.',
        _SETUP,
    ),
    Parameter(
        'memory.max_bytes',
        1_000_000_000,
        'Bytes that the memory may take on the disk; the oldest pictures leave first.',
        _SETUP,
        10_000_000,
        10**15,
    ),
    Parameter(
        'memory.max_days',
        7.0,
        'Days after which anything in the memory is erased.',
        _SETUP,
        0.01,
        3650.0,
    ),
    Parameter(
        'memory.queue',
        32,
        'Frames that can wait for the disk; beyond, their pictures are left out and counted.',
        _SETUP,
        1,
        1000,
    ),
    Parameter(
        'memory.frames',
        8,
        'Kept pictures that a question, or an instruction that looks back, is shown at most.',
        When.ALWAYS,
        1,
        64,
    ),
    Parameter(
        'memory.answers',
        'auto',
        'Who answers questions about the past: the model, which looks at kept pictures again, or '
        'the record of answers, states and sightings; auto = the model if its streamo.json says '
        'answers_past, else the record.',
        _SETUP,
        choices=('auto', 'model', 'record'),
    ),
    Parameter(
        'memory.chunk',
        200.0,
        'Seconds of the past that one summary in words covers.',
        _SETUP,
        10.0,
        86400.0,
    ),
    Parameter(
        'memory.summaries', 5, 'Summaries of one chunk, and chunks in a block.', _SETUP, 1, 100
    ),
    Parameter('memory.blocks', 42, 'Blocks of summaries before those.', _SETUP, 0, 1000),
    Parameter(
        'memory.summarizer',
        'auto',
        'Who writes the summaries: the model, when it is idle, or a template; auto = the model if '
        'its streamo.json says writes_summaries, else the template.',
        _SETUP,
        choices=('auto', 'model', 'template'),
    ),
    Parameter(
        'memory.summary_lead',
        20.0,
        'Seconds before the end of a chunk at which the model begins to summarize it; at most '
        'half of memory.chunk.',
        _SETUP,
        0.0,
        3600.0,
    ),
    Parameter(
        'memory.summary_tokens',
        64,
        'Tokens that a summary by the model may have.',
        _SETUP,
        8,
        1024,
    ),
    Parameter(
        'memory.time_zone',
        '',
        'Time zone of times of day in questions, such as Europe/Berlin; empty = that of the '
        'machine.',
        _SETUP,
    ),
)
"""Rows of the table of parameters."""
