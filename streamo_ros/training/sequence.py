# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A dialogue as token ids and labels: the same ids, in the same order, as in a lane."""

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
    """Ids and labels of a dialogue as a lane holds it after its last turn.

    In every turn the state, the answer and the end-of-turn token are supervised.

    Args:
        prompt: the prompt tokens.
        turns: at least one.
        counts: vision tokens of each turn's frame.
        image_token: placeholder id of a vision token.
    """
    ids = list(opening(prompt, turns[0].instruction))
    labels = [IGNORED] * len(ids)
    for number, (turn, count) in enumerate(zip(turns, counts, strict=True)):
        head = prompt.turn_prefix if number else ()
        if number and turn.instruction:
            head += prompt.tokenizer.plain(turn.instruction + '\n')
        request = (
            *head,
            *prompt.tag(turn.start, turn.end),
            *prompt.image_open,
            *[image_token] * count,
            *prompt.image_close,
            *prompt.reply_prompt,
        )
        reply, close = _reply(prompt, turn), prompt.close[1:]
        ids += [*request, *reply, *close]
        labels += [IGNORED] * len(request) + [*reply] + [IGNORED] * len(close)
    return ids, labels


def opening(prompt: PromptTokens, instruction: str) -> tuple[int, ...]:
    """The tokens before the first tag: the lane's sink, or less the instruction line if empty."""
    sink = prompt.sink(instruction)
    return sink if instruction else sink[: len(sink) - len(prompt.tokenizer.plain('\n'))]


def _reply(prompt: PromptTokens, turn: LabeledTurn) -> tuple[int, ...]:
    text = prompt.tokenizer.plain(f' {turn.text}') if turn.state is State.RESPONSE else ()
    if prompt.close[:1] != (prompt.stop,):
        raise TrainingError('the chat format does not end a turn with its stop token')
    return (*prompt.replies[turn.state], *text, prompt.stop)


def window(turns: Sequence[LabeledTurn], start: int, stop: int) -> list[LabeledTurn]:
    """Turns [start, stop); the first one carries the instruction active at that point."""
    first = turns[start]
    given = [turn.instruction for turn in turns[: start + 1] if turn.instruction]
    if given and not first.instruction:
        first = replace(first, instruction=given[-1])
    return [first, *turns[start + 1 : stop]]


@dataclass(frozen=True)
class TokenCount:
    """Counts the tokens of turns without building them.

    Attributes:
        prompt: the prompt tokens.
        frame: vision tokens of the largest frame.
    """

    prompt: PromptTokens
    frame: int

    def opening(self, instruction: str) -> int:
        """Number of tokens before the first tag."""
        return len(opening(self.prompt, instruction))

    def turn(self, turn: LabeledTurn) -> int:
        """Upper bound on the tokens of a turn, including its head but not its instruction."""
        prompt = self.prompt
        fixed = (
            prompt.turn_prefix,
            prompt.image_open,
            prompt.image_close,
            prompt.reply_prompt,
            prompt.close,
        )
        return (
            sum(map(len, fixed))
            + self.frame
            + _tag_tokens(prompt, turn.start, turn.end)
            + len(_reply(prompt, turn))
            - 1
        )


@lru_cache(maxsize=65536)
def _tag_tokens(prompt: PromptTokens, start: Fraction, end: Fraction) -> int:
    return len(prompt.tag(start, end))
