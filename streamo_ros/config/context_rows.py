# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters of what an instruction remembers."""

from __future__ import annotations

from streamo_ros.config.parameter import Parameter
from streamo_ros.config.parameter import When

_SETUP = When.UNCONFIGURED

CONTEXT_ROWS = (
    Parameter(
        'context.max_frames',
        0,
        'Frames in the context of an instruction; 0 = what the checkpoint asks for, else 120, or '
        'fewer, but at least 8, where they do not fit into the free memory.',
        _SETUP,
        0,
        100000,
    ),
    Parameter(
        'context.capacity',
        0,
        'Tokens in the context of an instruction; 0 = enough for '
        'context.max_frames, or what the checkpoint was trained for if that is less.',
        _SETUP,
        0,
        1048576,
    ),
    Parameter(
        'context.dtype',
        'auto',
        'Number format of the keys and values in the context; auto = that of model.dtype. int8 '
        'and float8 halve the memory of bfloat16; float8 needs a GPU of compute capability 8.9 or '
        'later, and loses more (docs/gpu.md).',
        _SETUP,
        choices=('auto', 'float32', 'bfloat16', 'float16', 'int8', 'float8'),
    ),
    Parameter(
        'context.max_len',
        0,
        'Tokens that a model on demand reads for an answer; older frames are averaged until they '
        'fit. 0 = 4096.',
        _SETUP,
        0,
        1048576,
    ),
    Parameter(
        'context.max_answers',
        8,
        'Answers that remain in the context after their frame was evicted.',
        _SETUP,
        0,
        1000,
    ),
    Parameter(
        'context.max_time',
        0.0,
        'Seconds of stream after which the time tags restart at 0; '
        '0 = what the checkpoint asks for.',
        _SETUP,
        0.0,
        1e6,
    ),
    Parameter(
        'context.policy',
        'auto',
        'What is evicted from a full context; auto = chunk for a served model and in vLLM, else '
        'as the dialect of the checkpoint says.',
        _SETUP,
        choices=(
            'auto',
            'window',
            'full',
            'round_decay',
            'chunk',
            'oldest',
            'restart',
            'rewrite',
        ),
    ),
    Parameter(
        'context.history',
        'none',
        'What an instruction is told of the time before its frames: tiers = the past in words '
        'from the memory, in front of the instruction; needs memory.path.',
        _SETUP,
        choices=('none', 'tiers'),
    ),
    Parameter(
        'context.history_tokens',
        1024,
        'Tokens that the past in words may take, and never more than a quarter of the context; '
        'the oldest lines are left out.',
        _SETUP,
        16,
        1048576,
    ),
    Parameter(
        'context.backfill_frames',
        8,
        'Most recent frames kept for instructions with a backfill.',
        When.ALWAYS,
        0,
        1000,
    ),
    Parameter(
        'context.backlog',
        16,
        'Frames that can wait for an instruction while it answers or reads its context again.',
        When.ALWAYS,
        0,
        1000,
    ),
)
"""Rows of the table of all parameters, in the order of the documentation."""
