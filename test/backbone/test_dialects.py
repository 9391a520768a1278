# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The steps of each dialect have the token ids that the released runtimes give them.

The recordings say where they come from. Their tokenizer is of no model: it splits text as Qwen's
and was trained on this project's own pages.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from streamo_ros.backbone import dialects
from streamo_ros.backbone.dialects import dialect_names
from streamo_ros.backbone.dialects import find_dialect
from streamo_ros.backbone.dialects import read_dialect
from streamo_ros.backbone.tokenizer import CheckpointTokenizer
from streamo_ros.config.settings import context_policy
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.dialect import Dialect
from streamo_ros.core.dialect import DialectError
from streamo_ros.core.dialect import STREAMO
from streamo_ros.core.dialogue import Dialogue
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.interface import BackboneInfo
from streamo_ros.core.interface import Sampling
from streamo_ros.core.prompt import PromptTokens
from streamo_ros.core.protocol import Kind
from streamo_ros.core.protocol import ProtocolError
from streamo_ros.core.protocol import State
from streamo_ros.core.protocol import SYSTEM_PROMPT
from streamo_ros.core.speech import Finish
from streamo_ros.core.speech import Speech
from streamo_ros.core.unpaired_frame import UnpairedFrame
from streamo_ros.training.recorder import RecordingBackbone

MAX_PIXELS = 16384
RECORDINGS = Path(__file__).parent / 'recordings'
RECORDED = sorted(path.stem for path in RECORDINGS.glob('*.json') if path.stem != 'tokenizer')
FRAME = -1
"""What stands for a frame's vision tokens in a recording."""


class Rows(RecordingBackbone):
    """Records, and takes the last tokens back."""

    def truncate(self, slot: int, length: int) -> None:
        if length:
            self.held = self.held[:length]
        else:
            super().truncate(slot, 0)

    def encode(self, image: NDArray[np.uint8]) -> Any:
        if not self.prompt.dialect.is_lazy:
            return super().encode(image)
        return UnpairedFrame(image, (1, 1), lambda images, _: super(Rows, self).encode(images[0]))

    @property
    def ids(self) -> list[int]:
        return [item if isinstance(item, int) else FRAME for item in self.row]


@pytest.fixture(scope='module')
def tokenizer() -> CheckpointTokenizer:
    return CheckpointTokenizer(RECORDINGS / 'tokenizer.json')


def make_prompt(dialect: Dialect, tokenizer: CheckpointTokenizer) -> PromptTokens:
    return PromptTokens(tokenizer, None, None, dialect.system_prompt or SYSTEM_PROMPT, dialect)


def replay(
    record: dict[str, Any],
    backbone: Any,
    look: Callable[[Any], Any],
    images: Sequence[NDArray[np.uint8]] = (np.zeros((8, 8, 3), np.uint8),),
) -> list[Any]:
    """What there is to see whenever a lane decides.

    Args:
        record: the instruction and the replies.
        backbone: where the lane is.
        look: sees something, given the logits of the states.
        images: shown in turn.
    """
    dialect = backbone.prompt.dialect
    info = BackboneInfo('', '', '', '', '', '', policy=dialect.window.policy)
    limits = ContextLimits(record['max_frames'], max_answers=8)
    dialogue = Dialogue(backbone, context_policy('auto', info), record['question'], limits)
    shown = cycle(images)
    seen = []
    for step, reply in enumerate(record['replies']):
        for number in range(dialect.frames):
            start = step + Fraction(number, dialect.frames)
            stamp = round(start * SECOND)
            tick = Tick(stamp, start, start + Fraction(1, dialect.frames), 0, 1)
            vision = backbone.encode(next(shown))
            vision = dialogue.gather(tick, vision)
        seen.append(look(backbone.extend([dialogue.request(tick, vision)])[0]))
        answer(dialogue, backbone, reply)
    return seen


def answer(dialogue: Dialogue, backbone: Any, reply: str) -> None:
    """Decide what the recording says, and say its words token by token."""
    states = backbone.prompt.dialect.states
    quiet = {states.silence: State.SILENCE, states.standby: State.STANDBY}
    if reply in quiet:
        dialogue.commit(quiet[reply])
        return
    kinds = {text: kind for kind, text in states.openings.items()}
    opening = next((text for text in kinds if reply.startswith(text)), '')
    dialogue.commit(State.RESPONSE, kinds.get(opening, Kind.ANSWER))
    speech = Speech(backbone.prompt, 128)
    tokens = backbone.prompt.tokenizer.control(reply.removeprefix(opening))
    tokens += backbone.prompt.ending
    for token in (*tokens, backbone.prompt.stop):
        backbone.decode([dialogue.decode_request()], Sampling())
        speech.on_token(token)
        if speech.taken:
            dialogue.on_tokens(speech.taken)
        if speech.finish:
            break
    assert speech.finish is Finish.STOP
    dialogue.finish()


def read_record(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((RECORDINGS / f'{name}.json').read_text('utf-8'))
    return content


@pytest.mark.parametrize('name', RECORDED)
def test_steps_have_the_ids_of_the_released_runtime(
    name: str, tokenizer: CheckpointTokenizer
) -> None:
    record = read_record(name)
    dialect = read_dialect(name)
    if 'past' in record:
        first, last = record['past']
        dialect = replace(dialect, past=replace(dialect.past, first=first, last=last))
    backbone = Rows(make_prompt(dialect, tokenizer), 20_000)
    expected: list[int] = []
    rows = replay(record, backbone, lambda _: backbone.ids)
    assert len(rows) == len(record['steps']) == 40
    for step, (row, edits) in enumerate(zip(rows, record['steps'], strict=True)):
        start, stop, added, *inserted = edits
        expected = expected[:start] + expected[stop:] + added
        if inserted:
            at, tokens = inserted
            expected[at:at] = tokens
        assert row == expected, f'step {step} differs'


@pytest.mark.parametrize('name', RECORDED)
def test_steps_equal_one_forward_of_transformers(
    name: str,
    speaking: Callable[[str], Path],
    load_tiny: Callable[..., Any],
    whole_model: Callable[[Path], Any],
    expected_states: Callable[..., list[float]],
    frames: list[NDArray[np.uint8]],
) -> None:
    folder = speaking(name)
    backbone = load_tiny(folder, capacity=4096)
    dialect = backbone.prompt.dialect
    assert dialect.name == name
    record = read_record(name)
    # A window of three steps, so that where what stays is computed anew that is seen, too.
    anew = dialect.question.place == 'turn' and dialect.window.policy == 'oldest'
    # After an eviction, keys and values stay as they were computed: see `test_eviction_record.py`.
    steps, anew = 6, anew and dialect.question.repeated
    short = {
        **record,
        'replies': record['replies'][:steps],
        'max_frames': 3 * dialect.frames if anew else record['max_frames'],
    }
    seen = replay(short, backbone, lambda states: states, frames)
    rows = Rows(backbone.prompt, 20_000)
    ids = replay(short, rows, lambda _: rows.ids)
    original = whole_model(folder)
    blocks, sizes = shown_blocks(dialect, record['replies'][:steps], frames)
    tokens = [backbone.frames.find_grid(120, 160, size > MAX_PIXELS).tokens for size in sizes]
    assert len(set(tokens)) == (2 if dialect.standby_scale > 1 else 1)
    for step, (row, states) in enumerate(zip(ids, seen, strict=True)):
        last = (step + 1) * dialect.blocks
        first = last - row.count(FRAME)
        places = iter(tokens[first:last])
        spread = [
            place for item in row for place in ([None] * next(places) if item == FRAME else [item])
        ]
        logits = original.logits(spread, blocks[first:last], sizes[first:last])[-1]
        np.testing.assert_allclose(states, expected_states(backbone.prompt, logits), atol=1e-4)


def shown_blocks(
    dialect: Dialect, replies: Sequence[str], frames: Sequence[NDArray[np.uint8]]
) -> tuple[list[Any], list[int]]:
    """What the vision tower sees in these steps: frames or pairs of them, and their areas."""
    images = [frames[at % len(frames)] for at in range(len(replies) * dialect.frames)]
    if dialect.block == 2:
        images = list(zip(images[::2], images[1::2], strict=True))
    larger = [False, *[reply == dialect.states.standby != '' for reply in replies[:-1]]]
    scales = [dialect.standby_scale if large else 1 for large in larger]
    return images, [round(scale * MAX_PIXELS) for scale in scales for _ in range(dialect.blocks)]


def test_an_answer_without_a_tag_begins_with_the_most_probable_word(
    speaking: Callable[[str], Path],
    load_tiny: Callable[..., Any],
    whole_model: Callable[[Path], Any],
    frames: list[NDArray[np.uint8]],
) -> None:
    folder = speaking('aura')
    backbone = load_tiny(folder)
    prompt = backbone.prompt
    dialogue = Dialogue(backbone, context_policy('full', backbone.info), 'watch', ContextLimits())
    tick = Tick(0, Fraction(0), Fraction(1), 0, 1)
    request = dialogue.request(tick, backbone.encode(frames[0]))
    backbone.extend([request])
    dialogue.commit(State.RESPONSE)
    first = backbone.decode([dialogue.decode_request()], Sampling())[0]
    row = [
        item
        for piece in request.pieces
        for item in (piece if isinstance(piece, tuple) else [None] * piece.tokens)
    ]
    logits = whole_model(folder).logits(row, frames[:1], MAX_PIXELS)[-1]
    logits[sorted(prompt.tokenizer.control_ids)] = -np.inf
    assert first == int(logits.argmax())
    assert dialogue.tokens == len(row)


def test_streamo_is_one_of_the_files() -> None:
    dialect = read_dialect('streamo')
    plain = replace(dialect, title='', fingerprint=STREAMO.fingerprint)
    assert plain == STREAMO


def test_every_dialect_is_recorded_or_is_streamo() -> None:
    assert {*RECORDED, 'streamo', 'zero_shot'} == set(dialect_names())


def test_the_example_of_zero_shot_obeys_the_rules_that_it_stands_under() -> None:
    dialect = read_dialect('zero_shot')
    rules, _, example = dialect.system_prompt.partition('Example')
    assert [line.strip() for line in rules.split('\n') if line.strip()] == [
        line.strip() for line in SYSTEM_PROMPT.split('\n') if line.strip()
    ]
    rows = re.findall(r'^<(\d)s-(\d)s> \((.+)\) (</\w+>)(.*)$', example, re.MULTILINE)
    assert [(int(start), int(end)) for start, end, *_ in rows] == [(at, at + 1) for at in range(6)]
    assert [state for *_, state, _ in rows] == [
        dialect.states.texts[state] for state in map(State, (1, 1, 2, 2, 3, 1))
    ]
    assert [bool(text) for *_, text in rows] == [state == '</Response>' for *_, state, _ in rows]


def test_zero_shot_reads_the_states_as_text(tokenizer: CheckpointTokenizer) -> None:
    prompt = make_prompt(read_dialect('zero_shot'), tokenizer)
    assert len(set(prompt.state_ids)) == 3
    plain = make_prompt(replace(STREAMO, states=prompt.dialect.states), tokenizer)
    # But for the example they are the same.
    assert prompt.state_ids == plain.state_ids
    assert len(prompt.sink('Tell me.')) > len(plain.sink('Tell me.'))


@pytest.mark.parametrize(
    ('tokens', 'architecture', 'name'),
    [
        ({'</silence>', '</response>'}, 'Qwen3VLForConditionalGeneration', 'jo_ai'),
        ({'<|silent|>'}, 'Qwen3VLForConditionalGeneration', 'aura'),
        ({'</Silence>', '</Standby>', '</Response>'}, 'any', 'streamo'),
        (set(), 'any', 'streamo'),
    ],
)
def test_a_checkpoint_is_recognized_by_its_tokens(
    tokens: set[str], architecture: str, name: str
) -> None:
    assert find_dialect('auto', frozenset(tokens), architecture).name == name


def test_of_two_dialects_that_fit_the_one_with_more_tokens_counts() -> None:
    tokens = {'</Silence>', '</Standby>', '</Response>', '</Observe>', '</Summary>'}
    found = find_dialect('auto', frozenset(tokens), 'Qwen3VLForConditionalGeneration')
    assert found.name == 'onestreamer'


def test_two_dialects_that_fit_equally_well_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    jo_ai = read_dialect('jo_ai')
    monkeypatch.setattr(dialects, 'dialect_names', lambda: ('jo_ai', 'twin'))
    monkeypatch.setattr(dialects, 'read_dialect', lambda name: replace(jo_ai, name=name))
    with pytest.raises(DialectError, match='the tokens of jo_ai and twin: name one'):
        find_dialect('auto', frozenset({'</silence>', '</response>'}), 'any')


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(DialectError, match=r'set model\.dialect to jo_ai'):
        read_dialect('joyai')


def test_a_checkpoint_without_the_tokens_is_refused(tokenizer: CheckpointTokenizer) -> None:
    dialect = read_dialect('streamo')
    other = replace(dialect, states=replace(dialect.states, silence='</Quiet>'))
    with pytest.raises(ProtocolError, match='</Quiet> is'):
        make_prompt(other, tokenizer)


def test_a_file_of_ones_own_is_a_dialect(tmp_path: Path) -> None:
    file = tmp_path / 'mine.yaml'
    file.write_text('frames: 2\ntag: {text: "[{start}]", decimals: 1}\n')
    dialect = read_dialect(str(file))
    assert (dialect.name, dialect.frames) == ('mine', 2)
    assert dialect.tag.write(Fraction(3), Fraction(4)) == '[3.0]'


@pytest.mark.parametrize(
    ('text', 'problem'),
    [
        ('frame: 2', 'unknown setting frame'),
        ('frames: 0', 'frames is 0'),
        ('block: 3', 'block is 3'),
        ('block: 2', 'block is 2: it may be 1, or 2 where frames is even'),
        ('standby_scale: 0.5', 'standby_scale is below 1'),
        ('{standby_scale: 4, states: {standby: ""}}', 'there is no state Standby'),
        ('order: [frame]', 'order must name frame, tag'),
        ('tag: {text: "{now}"}', 'tag.text may hold'),
        ('question: {text: ""}', 'question.text is empty'),
        ('span: {text: "{now}"}', 'order must name'),
        ('states: {standby: </Silence>}', 'states are not distinct'),
        ('states: {encoding: first_token}', 'have no standby'),
        ('chat: {user: x}', 'chat.user is none of'),
        ('- a list', 'must be a mapping'),
        ('{', 'is not YAML'),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / 'wrong.yaml'
    file.write_text(text)
    with pytest.raises(DialectError, match=problem):
        read_dialect(str(file))
