# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The parameters: one table that declares, checks and documents every one of them.

Knows names, defaults, ranges and when a change is allowed; not what the values do, and no rclpy.
"""

from __future__ import annotations

import difflib
import enum
from collections.abc import Iterable
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.protocol import check_instruction


class ParameterError(StreamoError, ValueError):
    """A parameter is refused; the message says which, why and what is allowed."""


class When(enum.Enum):
    """When a parameter may change."""

    ALWAYS = 'at any time'
    UNCONFIGURED = 'while unconfigured'
    START = 'at start only'


Value = bool | int | float | str | tuple[str, ...]


@dataclass(frozen=True)
class Parameter:
    """One row of the table.

    Attributes:
        name: dotted name.
        default: its value when nobody sets it; its type is the parameter's type.
        text: what it does, with its unit.
        when: when it may change.
        low: smallest value of a number.
        high: largest.
        choices: the only values of a string; empty = any.
    """

    name: str
    default: Value
    text: str
    when: When = When.ALWAYS
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: Any) -> Value:
        """The value in the parameter's own type.

        Raises:
            ParameterError: wrong type, out of range, or not among the choices.
        """
        if isinstance(self.default, tuple):
            return self._check_texts(value)
        wanted = type(self.default)
        if wanted is float and type(value) is int:
            value = float(value)
        if type(value) is not wanted:
            raise ParameterError(
                f'{self.name} is {value!r}: give a {_TYPES[wanted]}, for example {self.default!r}'
            )
        if self.choices and value not in self.choices:
            raise ParameterError(
                f'{self.name} is {value!r}: choose one of {", ".join(self.choices)}'
            )
        if self.low is not None and not self.low <= float(value) <= (self.high or 0.0):
            raise ParameterError(f'{self.name} is {value}: {self.allowed} is allowed')
        return value

    def _check_texts(self, value: Any) -> tuple[str, ...]:
        texts = tuple(value or ())
        if isinstance(value, str) or not all(isinstance(one, str) for one in texts):
            raise ParameterError(f'{self.name} is {value!r}: give a list of strings')
        try:
            return tuple(check_instruction(one) for one in texts if one)
        except ValueError as error:
            raise ParameterError(f'{self.name}: {error}') from error

    @property
    def allowed(self) -> str:
        """Range or choices, in words; '' when anything of the type is allowed."""
        if self.choices:
            return ', '.join(f'`{choice}`' for choice in self.choices)
        return f'{self.low:.10g} to {self.high:.10g}' if self.low is not None else ''


_TYPES = {
    bool: 'boolean',
    int: 'whole number',
    float: 'number',
    str: 'string',
    tuple: 'list of strings',
}
_STILL = When.UNCONFIGURED

TABLE = (
    Parameter(
        'model.path',
        '',
        'Folder of the checkpoint, or a .yaml script that plays a model; '
        'empty = the embedded model streamo-tiny.',
        _STILL,
    ),
    Parameter(
        'model.protocol',
        'auto',
        'How the checkpoint writes the three states; auto = what it says itself.',
        _STILL,
        choices=('auto', 'special_tokens', 'text_tags'),
    ),
    Parameter(
        'model.device',
        'auto',
        'Where the model runs; auto = a CUDA device where there is one.',
        _STILL,
        choices=('auto', 'cpu', 'cuda'),
    ),
    Parameter(
        'model.dtype',
        'auto',
        'Number format; auto = float32 on a CPU, bfloat16 elsewhere.',
        _STILL,
        choices=('auto', 'float32', 'bfloat16', 'float16'),
    ),
    Parameter(
        'model.max_pixels',
        100352,
        'Largest area of the image that the model sees, in pixels; the aspect is kept.',
        _STILL,
        784,
        16777216,
    ),
    Parameter(
        'model.vision',
        'auto',
        'What runs the vision encoder.',
        _STILL,
        choices=('auto', 'torch', 'tensorrt'),
    ),
    Parameter(
        'model.timeout',
        30.0,
        'Seconds after which a pass of the model counts as hung and '
        'the process ends with an error; 0 = never.',
        When.ALWAYS,
        0.0,
        3600.0,
    ),
    Parameter(
        'image_transport',
        'raw',
        'Type of the input: `image` as sensor_msgs/Image, or '
        '`image/compressed` as sensor_msgs/CompressedImage.',
        _STILL,
        choices=('raw', 'compressed'),
    ),
    Parameter(
        'sampling.rate',
        1.0,
        'Frames looked at per second of capture time, in hertz.',
        When.ALWAYS,
        0.01,
        60.0,
    ),
    Parameter(
        'sampling.reorder_tolerance',
        1.0,
        'Seconds that a stamp may lie behind the newest '
        'and count as late; further back counts as a jump.',
        _STILL,
        0.0,
        3600.0,
    ),
    Parameter(
        'sampling.max_gap',
        3600.0,
        'Seconds that a stamp may lie ahead of the newest; '
        'further ahead is believed only when two more frames agree.',
        _STILL,
        1.0,
        1e8,
    ),
    Parameter('sampling.queue', 4, 'Sampled frames that may wait for the model.', _STILL, 1, 64),
    Parameter(
        'context.max_frames',
        0,
        'Frames in the window of an instruction; 0 = what the checkpoint asks for, else 120.',
        _STILL,
        0,
        100000,
    ),
    Parameter(
        'context.capacity',
        0,
        'Tokens in the window of an instruction; 0 = room for '
        'context.max_frames, or what the checkpoint was trained for where that is less.',
        _STILL,
        0,
        1048576,
    ),
    Parameter(
        'context.max_answers',
        8,
        'Answers that stay in the window after their frame has left.',
        _STILL,
        0,
        1000,
    ),
    Parameter(
        'context.max_time',
        0.0,
        'Seconds of stream after which the time tags begin again; '
        '0 = what the checkpoint asks for.',
        _STILL,
        0.0,
        1e6,
    ),
    Parameter(
        'context.policy',
        'window',
        'What leaves a full window.',
        _STILL,
        choices=('window', 'full', 'round_decay'),
    ),
    Parameter(
        'context.backfill_frames',
        8,
        'Last frames that are kept for instructions that look back.',
        When.ALWAYS,
        0,
        1000,
    ),
    Parameter(
        'context.backlog',
        16,
        'Frames that an instruction may have waiting while it speaks.',
        When.ALWAYS,
        0,
        1000,
    ),
    Parameter(
        'generation.max_new_tokens', 128, 'Longest answer, in tokens.', When.ALWAYS, 1, 4096
    ),
    Parameter(
        'generation.budget',
        4,
        'Tokens decoded before the next frame is looked for.',
        When.ALWAYS,
        1,
        256,
    ),
    Parameter(
        'generation.temperature',
        0.0,
        'Randomness of answers; 0 = always the most probable token.',
        When.ALWAYS,
        0.0,
        2.0,
    ),
    Parameter('generation.seed', 0, 'Seed of that randomness.', When.ALWAYS, 0, 2**31 - 1),
    Parameter(
        'thresholds.standby',
        0.0,
        'Probability from which Standby is decided; 0 = when it is the most probable.',
        When.ALWAYS,
        0.0,
        1.0,
    ),
    Parameter(
        'thresholds.response',
        0.0,
        'Probability from which Response is decided; 0 = what '
        'the checkpoint asks for, else when it is the most probable.',
        When.ALWAYS,
        0.0,
        1.0,
    ),
    Parameter('instructions', (), 'Standing instructions from the start on, a list of texts.'),
    Parameter(
        'instructions.capacity',
        8,
        'Instructions that may stand at once; memory is allocated for all.',
        _STILL,
        1,
        64,
    ),
    Parameter(
        'publish.response_delta', True, 'Publish answers piece by piece while someone listens.'
    ),
    Parameter(
        'journal.path',
        '',
        'File that keeps the standing instructions over a restart; empty = none.',
        _STILL,
    ),
    Parameter(
        'journal.context',
        False,
        'Keep what was answered in the journal, and show it to the model again after a restart.',
        _STILL,
    ),
    Parameter(
        'autostart', True, 'Configure and activate without a lifecycle manager.', When.START
    ),
)
"""Every parameter of the node, in the order in which it is documented."""

NAMES = {row.name: row for row in TABLE}
_GROUPS = {row.name.split('.')[0] for row in TABLE if '.' in row.name}


def unknown(names: Iterable[str]) -> str:
    """One sentence about names that are in our groups and not in the table; '' when all are."""
    for name in names:
        if name.split('.')[0] in _GROUPS and name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, 1)
            hint = f': did you mean {near[0]}?' if near else ': see docs/parameters.md'
            return f'there is no parameter {name}{hint}'
    return ''


def check_change(changes: Mapping[str, Any], unconfigured: bool) -> dict[str, Value]:
    """The checked values of those that are ours; others are none of our business.

    Args:
        changes: new values by name.
        unconfigured: whether the node is unconfigured.

    Raises:
        ParameterError: a value is wrong, or may not change now.
    """
    checked: dict[str, Value] = {}
    for name, value in changes.items():
        row = NAMES.get(name)
        if row is None:
            continue
        if row.when is When.START or (row.when is _STILL and not unconfigured):
            way = 'clean the node up first' if row.when is _STILL else 'give it at the next start'
            raise ParameterError(f'{name} may change {row.when.value}: {way}')
        checked[name] = row.check(value)
    return checked


def markdown() -> str:
    """The table as Markdown."""
    lines = ['| parameter | default | allowed | may change | what it does |', '|---' * 5 + '|']
    for row in TABLE:
        default = '[]' if row.default == () else f'{row.default!r}'.lower().replace("'", '"')
        lines.append(
            f'| `{row.name}` | `{default}` | {row.allowed} | {row.when.value} | {row.text} |'
        )
    return '\n'.join(lines) + '\n'
