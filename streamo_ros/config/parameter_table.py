# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters: one table that declares, validates and documents them all.

It has names, defaults, ranges and when a change is allowed. The node and the replay both read it,
so it imports no rclpy.
"""

from __future__ import annotations

from streamo_ros.config.context_rows import CONTEXT_ROWS
from streamo_ros.config.memory_parameters import MEMORY
from streamo_ros.config.model_rows import MODEL_ROWS
from streamo_ros.config.parameter import Parameter
from streamo_ros.config.parameter import When

_SETUP = When.UNCONFIGURED

TABLE = (
    *MODEL_ROWS,
    Parameter(
        'image_transport',
        'raw',
        'Type of the input: `image` as sensor_msgs/Image, or '
        '`image/compressed` as sensor_msgs/CompressedImage.',
        _SETUP,
        choices=('raw', 'compressed'),
    ),
    Parameter(
        'sampling.rate',
        0.0,
        'Frames sampled per second of capture time, in hertz; '
        '0 = what the checkpoint asks for, else 1.',
        When.ALWAYS,
        0.0,
        60.0,
    ),
    Parameter(
        'sampling.reorder_tolerance',
        1.0,
        'Seconds that a stamp may be older than the newest one '
        'and count as late; if it is older still, it counts as a jump back.',
        _SETUP,
        0.0,
        3600.0,
    ),
    Parameter(
        'sampling.max_gap',
        3600.0,
        'Seconds that a stamp may be ahead of the newest one; '
        'a larger jump is accepted only when the next two frames confirm it.',
        _SETUP,
        1.0,
        1e8,
    ),
    Parameter(
        'sampling.stamp',
        'header',
        "Capture time: header = the image's header.stamp; receive = the node's clock at "
        'reception (in a replay: the time of recording), for drivers that leave the stamp zero.',
        _SETUP,
        choices=('header', 'receive'),
    ),
    Parameter('sampling.queue', 4, 'Sampled frames that can wait for the model.', _SETUP, 1, 64),
    *CONTEXT_ROWS,
    Parameter(
        'generation.max_new_tokens', 128, 'Longest answer, in tokens.', When.ALWAYS, 1, 4096
    ),
    Parameter(
        'generation.budget',
        4,
        'Tokens decoded before the next frame is admitted.',
        When.ALWAYS,
        1,
        256,
    ),
    Parameter(
        'generation.temperature',
        -1.0,
        'Randomness of answers; 0 = always the most probable token; -1 = what the dialect says, '
        'or 0.',
        When.ALWAYS,
        -1.0,
        2.0,
    ),
    Parameter('generation.seed', 0, 'Seed for sampling.', When.ALWAYS, 0, 2**31 - 1),
    Parameter(
        'generation.repetition_penalty',
        0.0,
        'Divides the scores of tokens that the answer already has; 1 = no penalty; 0 = what the '
        "dialect says, or else the checkpoint's generation_config.json.",
        When.ALWAYS,
        0.0,
        10.0,
    ),
    Parameter(
        'generation.top_k',
        0,
        'With a temperature: choose among this many of the most probable tokens; -1 = all; 0 = '
        "what the dialect says, or else the checkpoint's generation_config.json.",
        When.ALWAYS,
        -1,
        1_000_000,
    ),
    Parameter(
        'generation.top_p',
        0.0,
        'With a temperature: choose among the most probable tokens that have this probability '
        "together; 1 = all; 0 = what the dialect says, or else the checkpoint's "
        'generation_config.json.',
        When.ALWAYS,
        0.0,
        1.0,
    ),
    Parameter(
        'thresholds.standby',
        0.0,
        'Probability from which Standby is decided; 0 = if it is the most probable state.',
        When.ALWAYS,
        0.0,
        1.0,
    ),
    Parameter(
        'thresholds.response',
        0.0,
        'Probability from which Response is decided; 0 = what '
        'the checkpoint asks for, else if it is the most probable state.',
        When.ALWAYS,
        0.0,
        1.0,
    ),
    Parameter(
        'thresholds.activation',
        0.0,
        'With a gate: its score from which the model answers; 0 = what the gate asks for, else '
        '0.35. thresholds.standby counts for the same score, 0 = half of this.',
        When.ALWAYS,
        0.0,
        0.99,
    ),
    Parameter(
        'thresholds.hysteresis',
        0.0,
        'After a Response there is no other before p(response) has been below its threshold minus '
        'this; where the most probable state decides, below the probability of that state minus '
        'this; with a gate, below thresholds.activation minus this. 0 = off.',
        When.ALWAYS,
        0.0,
        0.99,
    ),
    Parameter(
        'notify.max_per_hour',
        0,
        'Most answers of an instruction in an hour of capture time; 0 = any number.',
        When.ALWAYS,
        0,
        100000,
    ),
    Parameter(
        'notify.cooldown',
        0.0,
        'Seconds of capture time after an answer in which there is no other, for instructions '
        'that ask for no cooldown of their own.',
        When.ALWAYS,
        0.0,
        86400.0,
    ),
    Parameter(
        'notify.repeats',
        False,
        'Deliver the same answer again while its event lasts, that is, before the next Silence.',
        When.ALWAYS,
    ),
    Parameter('instructions', (), 'Instructions that are active from the start, a list of texts.'),
    Parameter(
        'max_instructions',
        0,
        'Instructions that can be active at once; memory is allocated for all of them. 0 = 8, or '
        'as many as the free memory has room for.',
        _SETUP,
        0,
        64,
    ),
    Parameter(
        'publish.response_delta',
        True,
        'Publish answers piece by piece while anyone subscribes.',
    ),
    Parameter(
        'journal.path',
        '',
        'File that keeps the active instructions across restarts; empty = none.',
        _SETUP,
    ),
    Parameter(
        'journal.context',
        False,
        'Keep the answers in the journal, and put them back into the context after a restart; '
        'with memory.path, with the last memory.frames frames.',
        _SETUP,
    ),
    *MEMORY,
    Parameter(
        'autostart', True, 'Configure and activate without a lifecycle manager.', When.START
    ),
)
"""Every parameter of the node, in the order of the documentation."""
