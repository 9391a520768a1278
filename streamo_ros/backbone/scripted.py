# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A backbone that follows a script, so that node, replay and timing tests run without a model.

It keeps real token sequences and refuses what a real window would refuse, so mistakes in what a
lane appends or evicts are detected. It ignores the pixels, and its identity says that it is
scripted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from streamo_ros.backbone.list_lanes import ListLanes
from streamo_ros.core.errors import one_line
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import Piece
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.interface import Sighting
from streamo_ros.core.interface import VisionTokens
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import ChatFormat
from streamo_ros.core.protocol import DECISIONS
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import STATE_TAGS
from streamo_ros.documents import load_yaml

Line = tuple[State, str]
Script = Callable[[str, float], Line]
"""Maps an instruction and the seconds since the lane's time origin to a state and an answer."""

_CONTROL = re.compile(r'<\|[a-z_]+\|>|</(?:Silence|Standby|Response)>')
_TAG = re.compile(r'<(-?[\d.]+)s-[\d.]+s>\n[^<]*<\|vision_start\|>[^<]*<\|vision_end\|>')
_PATCH = '\ufffc'


class CharacterTokenizer:
    """One id per character and per control token. See `protocol.Tokenizer`."""

    def __init__(self) -> None:
        chat = ChatFormat()
        tokens = (
            '<|im_start|>',
            chat.stop,
            chat.image_open,
            chat.image_close,
            *STATE_TAGS.values(),
        )
        self._ids = {token: 0x110000 + index for index, token in enumerate(tokens)}
        self._tokens = {number: token for token, number in self._ids.items()}

    @property
    def control_tokens(self) -> frozenset[str]:
        """See `protocol.Tokenizer`."""
        return frozenset(self._ids)

    @property
    def control_ids(self) -> frozenset[int]:
        """See `protocol.Tokenizer`."""
        return frozenset(self._tokens)

    def control(self, text: str) -> tuple[int, ...]:
        """See `protocol.Tokenizer`."""
        ids: list[int] = []
        start = 0
        for match in _CONTROL.finditer(text):
            ids += map(ord, text[start : match.start()])
            ids.append(self._ids[match[0]])
            start = match.end()
        return (*ids, *map(ord, text[start:]))

    def plain(self, text: str) -> tuple[int, ...]:
        """See `protocol.Tokenizer`."""
        return tuple(map(ord, text))

    def text(self, ids: Sequence[int]) -> str:
        """See `protocol.Tokenizer`."""
        return ''.join(chr(token) for token in ids if token not in self._tokens)

    def transcript(self, ids: Sequence[int]) -> str:
        """The whole text, including control tokens."""
        return ''.join(self._tokens.get(token) or chr(token) for token in ids)


@dataclass(frozen=True)
class ScriptedVisionTokens:
    """An encoded frame of `tokens` vision tokens."""

    tokens: int
    grid: tuple[int, int]
    sightings: tuple[Sighting, ...] = ()
    vector: NDArray[np.float16] | None = None


@dataclass
class ScriptedPasses:
    """How often each method was called."""

    encode: int = 0
    extend: int = 0
    decode: int = 0
    prefill: int = 0


@dataclass
class ScriptedBackbone(ListLanes[int]):
    """See `interface.Backbone`.

    Args:
        script: decides the states and answers.
        lanes: number of slots.
        capacity: tokens per slot.
        passes: counts the calls.
        name: name of the model.
    """

    script: Script
    lanes: int = 8
    capacity: int = 8192
    passes: ScriptedPasses = field(default_factory=ScriptedPasses)
    name: str = 'scripted'

    def __post_init__(self) -> None:
        self.tokenizer = CharacterTokenizer()
        self.prompt = PromptTokens(self.tokenizer, system_prompt='You watch.')
        self.rows: dict[int, list[int]] = {}
        self._answers: dict[int, str] = {}
        self._grid = (0, 0)

    @property
    def info(self) -> BackboneInfo:
        """See `interface.Backbone`."""
        return BackboneInfo(
            model_id=f'scripted:{self.name}',
            model=self.name,
            architecture='scripted',
            protocol='special_tokens',
            dtype='none',
            device='none',
            vision_backend='none',
            tokens_per_frame=self._grid[0] * self._grid[1],
            max_tokens_per_frame=12,
            context_capacity=self.capacity,
        )

    def grid(self, height: int, width: int) -> tuple[int, int]:
        """3 rows of 4 for frames with an aspect ratio of at least 4:3, else 3 rows of 3."""
        return (3, 4) if 4 * height <= 3 * width else (3, 3)

    def encode(self, image: NDArray[np.uint8]) -> ScriptedVisionTokens:
        """See `interface.Backbone`."""
        self.passes.encode += 1
        self._grid = self.grid(image.shape[0], image.shape[1])
        return ScriptedVisionTokens(self._grid[0] * self._grid[1], self._grid)

    def merge(self, visions: Sequence[VisionTokens]) -> ScriptedVisionTokens:
        """See `interface.Backbone`."""
        return ScriptedVisionTokens(visions[0].tokens, visions[0].grid)

    def extend(self, requests: Sequence[Request]) -> NDArray[np.float32]:
        """See `interface.Backbone`."""
        self.passes.extend += 1
        self._check_room(requests)
        for request in requests:
            self._append(request)
        return np.stack([self._logits(request.slot) for request in requests])

    def prefill(self, request: Request) -> None:
        """See `interface.Backbone`."""
        self.passes.prefill += 1
        self.check_room(request)
        self._append(request)

    def decode(
        self,
        requests: Sequence[Request],
        sampling: Sampling,  # noqa: ARG002 (part of the interface)
    ) -> list[int | None]:
        """See `interface.Backbone`; the answer comes one character at a time."""
        self.passes.decode += 1
        self._check_room(requests)
        tokens = list[int | None]()
        for request in requests:
            self._append(request)
            left = self._answers[request.slot]
            self._answers[request.slot] = left[1:]
            tokens.append(ord(left[0]) if left else self.prompt.stop)
        return tokens

    def memory(self) -> dict[str, Any]:
        """See `interface.Backbone`."""
        return {'window': sum(map(len, self.rows.values())) * 8}

    def _check_room(self, requests: Sequence[Request]) -> None:
        for request in requests:
            self.check_room(request)

    def transcript(self, slot: int) -> str:
        """The dialogue in a slot, with one placeholder for each vision token."""
        return self.tokenizer.transcript(self.rows[slot])

    def _append(self, request: Request) -> None:
        row = self.rows[request.slot]
        for piece in request.pieces:
            row += _characters(piece)

    def _logits(self, slot: int) -> NDArray[np.float32]:
        """The script's decision for the last frame, which gets nearly all the probability."""
        text = self.transcript(slot)
        instruction = text.split('<|im_start|>user\n', 1)[1].split('\n<', 1)[0]
        decision, self._answers[slot] = self.script(instruction, float(_TAG.findall(text)[-1]))
        if decision is State.UNKNOWN:
            return np.full(3, np.nan, np.float32)
        return np.array([5.0 if state is decision else 0.0 for state in DECISIONS], np.float32)


def _characters(piece: Piece) -> list[int]:
    return list(piece) if isinstance(piece, tuple) else [ord(_PATCH)] * piece.tokens


def _what_is_wrong(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f'{error.args[0]} is missing, or no state'
    if isinstance(error, (TypeError, AttributeError)):
        return 'it must be a list of rules, each with instruction and say'
    return one_line(error)


def load_script(path: Path) -> ScriptedBackbone:
    """Read a script: a YAML list of rules; the first that matches an instruction applies.

    A rule has `instruction` (a part of its text; '' matches all), optionally `period` (the script
    repeats after so many seconds) and `say`: a list of `from`, `to` (seconds), `state` and `text`.
    At all other times the state is Silence.

    Raises:
        BackboneError: the file is not such a list.
    """
    try:
        rules = load_yaml(path.read_text(encoding='utf-8-sig'))
        parsed = [
            (
                str(rule['instruction']),
                float(rule.get('period', 0)),
                [
                    (
                        float(line['from']),
                        float(line['to']),
                        State[line['state'].upper()],
                        str(line.get('text', '')),
                    )
                    for line in rule['say']
                ],
            )
            for rule in rules
        ]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackboneError(
            f'{path} is not a valid script ({_what_is_wrong(error)}): see docs/testing.md'
        ) from error

    def script(instruction: str, seconds: float) -> Line:
        for part, period, lines in parsed:
            if part in instruction:
                time = seconds % period if period else seconds
                for start, end, state, text in lines:
                    if start <= time < end:
                        return state, text
                break
        return State.SILENCE, ''

    return ScriptedBackbone(script, name=path.stem)
