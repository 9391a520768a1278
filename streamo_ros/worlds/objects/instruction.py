# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The instruction of a scenario, and the unknown word as it is written there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from streamo_ros.worlds.draws import pick
from streamo_ros.worlds.objects.known_words import known_words
from streamo_ros.worlds.objects.phrasing import draw_phrase
from streamo_ros.worlds.objects.subject import Subject
from streamo_ros.worlds.objects.unknown_things import draw_unknown
from streamo_ros.worlds.objects.unknown_things import unknown_things


def draw_instruction(
    family: str, subject: Subject, rng: np.random.Generator, *, held_out: bool = False
) -> tuple[Subject, str]:
    """Draw an instruction.

    Args:
        family: one of `tasks.TASKS`.
        subject: what it is about.
        rng: makes all random choices.
        held_out: use wordings and unknown things that training never uses.

    Returns:
        The subject, with the unknown word if there is one, and the text.
    """
    if family != 'unknown':
        return subject, draw_phrase(family, subject, rng, held_out=held_out)
    known = known_words()
    words = unknown_things(known, held_out=held_out)
    word = pick(rng, words) if held_out else draw_unknown(rng, words, known)
    text = draw_phrase(family, replace(subject, word=word), rng, held_out=held_out)
    start = text.lower().index(word)
    end = start + len(word)
    end += text[end : end + 1] == 's'
    return replace(subject, word=text[start:end]), text
