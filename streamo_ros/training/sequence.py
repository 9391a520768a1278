# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A dialogue as token ids and labels: the same ids, in the same order, as a lane's.

Knows the protocol's wording and what is supervised. Knows no file, no pixels and no weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from streamo_ros.core.protocol import PromptTokens
from streamo_ros.core.protocol import State
from streamo_ros.training.labeled_dialogue import LabeledTurn
from streamo_ros.training.train_config import TrainingError

IGNORED = -100


def token_ids(
    prompt: PromptTokens, turns: Sequence[LabeledTurn], counts: Sequence[int], image_token: int
) -> tuple[list[int], list[int]]:
    """Ids and labels of a dialogue, as a lane would hold it after its last turn.

    Supervised are, in every turn, the state, the answer, and the token that ends the turn.

    Args:
        wording: the dialogue's words in this tokenizer.
        turns: at least one.
        counts: vision tokens of each turn's frame.
        image_token: placeholder of one vision token.
    """
    ids = list(opening(prompt, turns[0].instruction))
    labels = [IGNORED] * len(ids)
    for number, (turn, count) in enumerate(zip(turns, counts, strict=True)):
        begin = prompt.turn_prefix if number else ()
        if number and turn.instruction:
            begin += prompt.tokenizer.plain(turn.instruction + '\n')
        asked = (
            *begin,
            *prompt.tag(turn.start, turn.end),
            *prompt.image_open,
            *[image_token] * count,
            *prompt.image_close,
            *prompt.reply_prompt,
        )
        said, close = _reply(prompt, turn), prompt.close[1:]
        ids += [*asked, *said, *close]
        labels += [IGNORED] * len(asked) + [*said] + [IGNORED] * len(close)
    return ids, labels


def opening(prompt: PromptTokens, instruction: str) -> tuple[int, ...]:
    """What stands before the first tag: a lane's sink; without an instruction, less its line."""
    sink = prompt.sink(instruction)
    return sink if instruction else sink[: len(sink) - len(prompt.tokenizer.plain('\n'))]


def _reply(prompt: PromptTokens, turn: LabeledTurn) -> tuple[int, ...]:
    text = prompt.tokenizer.plain(f' {turn.text}') if turn.state is State.RESPONSE else ()
    if prompt.close[:1] != (prompt.stop,):
        raise TrainingError('the chat format does not close a turn with its stop token')
    return (*prompt.replies[turn.state], *text, prompt.stop)


def window(turns: Sequence[LabeledTurn], start: int, stop: int) -> list[LabeledTurn]:
    """Turns [start, stop); the first carries the instruction that stands there."""
    first = turns[start]
    before = [turn.instruction for turn in turns[: start + 1] if turn.instruction]
    if before and not first.instruction:
        first = replace(first, instruction=before[-1])
    return [first, *turns[start + 1 : stop]]


@dataclass(frozen=True)
class TokenCount:
    """How many tokens turns take, without writing them out.

    Attributes:
        wording: the dialogue's words.
        frame: vision tokens of the largest frame.
    """

    prompt: PromptTokens
    frame: int

    def opening(self, instruction: str) -> int:
        """Tokens before the first tag."""
        return len(opening(self.prompt, instruction))

    def turn(self, turn: LabeledTurn) -> int:
        """Most tokens of one turn, its head included, its instruction not."""
        words = self.prompt
        fixed = (
            words.turn_prefix,
            words.image_open,
            words.image_close,
            words.reply_prompt,
            words.close,
        )
        return (
            sum(map(len, fixed))
            + self.frame
            + _tag_tokens(words, turn.start, turn.end)
            + len(_reply(words, turn))
            - 1
        )


@lru_cache(maxsize=65536)
def _tag_tokens(prompt: PromptTokens, start: Fraction, end: Fraction) -> int:
    return len(prompt.tag(start, end))
