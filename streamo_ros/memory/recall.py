# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which kept pictures a question is shown: those of what was found, and others spread in time."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streamo_ros.memory.reader import Span
from streamo_ros.memory.reader import StoreReader
from streamo_ros.memory.record import Fact
from streamo_ros.memory.record import KeptFrame

_NEAREST = 64


def recall_frames(
    reader: StoreReader, facts: Sequence[Fact], span: Span, limit: int, *, like_now: bool = False
) -> list[KeptFrame]:
    """Choose pictures.

    Args:
        reader: the store.
        facts: what was found; the newest count first.
        span: the time that is asked about.
        limit: most pictures.
        like_now: prefer those that look like the newest one.

    Returns:
        At most `limit`, no two of the same moment, in the order of watching.
    """
    chosen: dict[int, KeptFrame] = {}
    near = [frame for fact in reversed(facts) for frame in _of_fact(reader, fact)]
    if like_now:
        near += similar(reader, span)
    _spread(chosen, near, limit, span)
    if len(chosen) < limit:
        kept = reader.frames(span)
        step = max(1, len(kept) // (limit - len(chosen)))
        _spread(chosen, [*kept[-1:], *kept[::step]], limit, span)
    return sorted(chosen.values(), key=lambda frame: frame.id)


def in_order(frames: Sequence[KeptFrame]) -> list[KeptFrame]:
    """Frames whose capture times go up: of a bag that loops, or a clock that jumped, the last run.

    Args:
        frames: in the order of watching.
    """
    chosen: list[KeptFrame] = []
    for frame in reversed(frames):
        if not chosen or frame.stamp < chosen[-1].stamp:
            chosen.append(frame)
    return chosen[::-1]


def similar(reader: StoreReader, span: Span) -> list[KeptFrame]:
    """Pictures that look like the newest one, the most similar first.

    By the cosine of their vectors, from which the mean of all was taken: towers put most of their
    numbers into what all pictures of one camera share.
    """
    frames, vectors = reader.vectors(span)
    newest = reader.newest()
    if len(frames) < 2 or newest is None:
        return []
    centered = vectors.astype(np.float32)
    centered -= centered.mean(axis=0)
    lengths = np.linalg.norm(centered, axis=1) + 1e-6
    scores: NDArray[np.float32] = centered @ centered[-1] / (lengths * lengths[-1])
    order = np.argsort(-scores, kind='stable')
    return [frames[at] for at in order[:_NEAREST] if frames[at].id != newest.id]


def _of_fact(reader: StoreReader, fact: Fact) -> list[KeptFrame]:
    """The picture of its end, and that of its beginning."""
    stamps = [fact.end] if fact.end == fact.start else [fact.end, fact.start]
    frames = (reader.nearest(fact.stream, stamp) for stamp in stamps)
    return [frame for frame in frames if frame is not None]


def _spread(
    chosen: dict[int, KeptFrame], candidates: Iterable[KeptFrame], limit: int, span: Span
) -> None:
    """Add candidates, in their order, that are not of a moment that is there already."""
    stamps = [frame.stamp for frame in chosen.values()]
    candidates = list(candidates)
    all_stamps = [*stamps, *(frame.stamp for frame in candidates)]
    if not all_stamps:
        return
    gap = (min(span[1], max(all_stamps)) - max(span[0], min(all_stamps))) // (4 * limit)
    for frame in candidates:
        if len(chosen) >= limit:
            return
        if frame.id in chosen or any(abs(frame.stamp - other) < gap for other in stamps):
            continue
        chosen[frame.id] = frame
        stamps.append(frame.stamp)
