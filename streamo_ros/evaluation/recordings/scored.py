# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report card of several recordings as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from streamo_ros.evaluation.recordings.card import Card
from streamo_ros.evaluation.recordings.card import figures
from streamo_ros.evaluation.recordings.card import Limits
from streamo_ros.evaluation.recordings.card import score_track
from streamo_ros.evaluation.recordings.gate import Gate
from streamo_ros.evaluation.recordings.gather import Recording
from streamo_ros.evaluation.recordings.watched import plain


@dataclass(frozen=True)
class Scored:
    """A recording and the cards of its instructions."""

    recording: Recording
    cards: tuple[Card, ...]

    @classmethod
    def of(cls, recording: Recording, limits: Limits) -> Scored:
        """Score a recording."""
        tracks = recording.watched.tracks
        cards = []
        for truth in recording.truths:
            track = tracks[plain(truth.instruction)]
            cards.append(score_track(truth, track.answers, track.span, limits))
        return cls(recording, tuple(cards))


def report(scored: Sequence[Scored], gate: Gate) -> dict[str, Any]:
    """The figures of all recordings, of each, and of each instruction.

    Args:
        scored: the recordings.
        gate: limits on the figures of all.

    Returns:
        Those of `card.figures`, and: model, model_id, recordings (figures, name, and instructions
        with figures, results, duplicates and false_alarms), remarks, broken (the limits that are).
    """
    total = figures([card for entry in scored for card in entry.cards])
    return {
        **total,
        'model': ', '.join(dict.fromkeys(entry.recording.watched.model for entry in scored)),
        'model_id': ', '.join(dict.fromkeys(entry.recording.watched.model_id for entry in scored)),
        'broken': gate.broken(total),
        'remarks': [remark for entry in scored for remark in entry.recording.remarks],
        'recordings': [
            {
                'name': entry.recording.watched.name,
                **figures(entry.cards),
                'instructions': [_plain(card) for card in entry.cards],
            }
            for entry in scored
        ],
    }


def _plain(card: Card) -> dict[str, Any]:
    return {
        'instruction': card.truth.instruction,
        **figures([card]),
        'results': [
            {
                'start': result.event.start,
                'end': result.event.end,
                'verdict': result.verdict.value,
                'answer': list(result.answer) if result.answer else None,
                'delay': result.delay,
            }
            for result in card.events
        ],
        'duplicate_answers': [list(answer) for answer in card.duplicates],
        'false_alarm_answers': [list(answer) for answer in card.false_alarms],
    }
