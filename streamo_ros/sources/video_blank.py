# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Finds frames without content between frames with content: all black, or all of one value.

A driver that loses a buffer and a decoder that fails without an error both leave such frames. A
lens cap, a light that is switched off and a fade are true pictures, and the frames around tell
them apart: what is marked is short, and begins and ends with a hard cut. A video that begins or
ends black is left as it is.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame

from streamo_ros.sources.pixels import Pixels
from streamo_ros.sources.video_decoder import Decoded

# The longest gap that is taken for a fault, frames; frames are held for as long.
_LONGEST = 12
# Compression leaves black not quite even; a fade ends closer to its black than a cut. Of 255.
_EVEN = 2
_CUT = 16
# Formats whose first plane is one byte of brightness a pixel.
_PLAIN = frozenset({'yuv420p', 'yuvj420p', 'yuv422p', 'yuvj422p', 'yuv444p', 'nv12', 'gray'})
_FLAW = 'the picture is all of one value, while the frames before and after it are not'

Stamped = tuple[int, Decoded]


def mark_blank(frames: Iterable[Stamped]) -> Iterator[Stamped]:
    """Mark frames that are blank between pictures.

    Args:
        frames: in the order of presentation, each with its time.

    Yields:
        The same frames; those that are blank by a fault carry a flaw.
    """
    before: VideoFrame | None = None
    held: list[Stamped] = []
    for stamped in frames:
        frame = stamped[1].frame
        blank = frame is not None and is_blank(frame)
        if blank and before is not None:
            held.append(stamped)
            if len(held) > _LONGEST:  # it is dark
                yield from held
                held, before = [], None
            continue
        yield from _judged(held, before, frame)
        yield stamped
        held, before = [], None if blank else frame
    yield from held


def is_blank(frame: VideoFrame) -> bool:
    """Whether every pixel has the same value, as far as the first plane tells."""
    plane = frame.planes[0]
    # Hardly any frame needs more than this: a few bytes of a picture differ.
    stored, step = memoryview(plane), max(2, plane.line_size * plane.height // 8 & ~7)
    few = stored[step // 2 :: step].tolist()
    if frame.format.name in _PLAIN and max(few) - min(few) > _EVEN:
        return False
    values, scale = _first_plane(frame)
    if values is None:
        return False
    spread = values.max((0, 1)).astype(int) - values.min((0, 1))
    return int(spread.max()) <= _EVEN * scale // 255


def _first_plane(frame: VideoFrame) -> tuple[Pixels | None, int]:
    """The first plane and its full scale.

    Returns:
        uint8 or uint16, shape (height, width, values a pixel), a view: brightness, or in packed
        formats all components. None for formats with less than a byte a pixel.
    """
    layout, plane = _layout(frame.format.name), frame.planes[0]
    if layout is None:
        return None, 0
    dtype, depth, scale = layout
    rows = np.frombuffer(memoryview(plane), dtype).reshape(plane.height, -1)
    return rows[:, : plane.width * depth].reshape(plane.height, plane.width, depth), scale


@functools.cache
def _layout(name: str) -> tuple[np.dtype[Any], int, int] | None:
    """Type of a value in a pixel format, values a pixel in its first plane, largest value."""
    pixel_format = VideoFormat(name)
    bits = pixel_format.components[0].bits
    if bits < 8:
        return None
    order = '>' if pixel_format.is_big_endian else '<'
    dtype = np.dtype(f'{order}u2' if bits > 8 else 'u1')
    depth = pixel_format.padded_bits_per_pixel // (8 * dtype.itemsize)
    packed = not pixel_format.is_planar and len(pixel_format.components) > 1
    return dtype, depth if packed else 1, (1 << bits) - 1


def _judged(
    held: list[Stamped], before: VideoFrame | None, after: VideoFrame | None
) -> Iterator[Stamped]:
    if not held:
        return
    blank = held[0][1].frame
    fault = all(_is_cut(other, blank) for other in (before, after))
    for at, item in held:
        yield at, replace(item, flaw=item.flaw or (_FLAW if fault else ''))


def _is_cut(frame: VideoFrame | None, blank: VideoFrame | None) -> bool:
    if frame is None or blank is None:
        return False
    values, scale = _first_plane(frame)
    level, _ = _first_plane(blank)
    if values is None or level is None:
        return False
    return abs(float(values.mean()) - float(level.mean())) * 255 / scale > _CUT
