# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A decoded frame as RGB: deinterlaced, converted and turned upright.

Done for sampled frames alone. Interlaced frames go through FFmpeg's bwdif together with their
neighbors, from which it takes what moves; whether a frame is interlaced is what its decoder says.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from fractions import Fraction

import numpy as np
from av.error import FFmpegError
from av.filter import Graph
from av.sidedata.sidedata import SideData
from av.video.frame import VideoFrame

from streamo_ros.sources.pixels import ImageError
from streamo_ros.sources.pixels import Pixels
from streamo_ros.sources.pixels import Rgb


def to_picture(
    frame: VideoFrame, before: VideoFrame | None = None, after: VideoFrame | None = None
) -> Rgb:
    """Convert a frame.

    Args:
        frame: as decoded.
        before: the frame before it, for deinterlacing.
        after: the frame after it.

    Returns:
        RGB, uint8, shape (height, width, 3), upright.

    Raises:
        ImageError: the frame cannot be converted.
    """
    try:
        whole = _deinterlaced(frame, before, after) if frame.interlaced_frame else frame
        pixels = whole.to_ndarray(format='rgb24')
    except (FFmpegError, ValueError, OSError) as error:
        raise ImageError(f'the video frame cannot be converted: {error}') from error
    return np.ascontiguousarray(_upright(pixels, _display_matrix(frame)))


def _deinterlaced(
    frame: VideoFrame, before: VideoFrame | None, after: VideoFrame | None
) -> VideoFrame:
    """The frame without the lines of its other moment; alone it is its own neighbor."""
    neighbors = [other for other in (before, frame, after) if other is not None]
    alike = [other for other in neighbors if _shape(other) == _shape(frame)]
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        time_base=frame.time_base or Fraction(1, 1000),
    )
    bwdif = graph.add('bwdif', 'mode=send_frame:deint=interlaced')
    sink = graph.add('buffersink')
    source.link_to(bwdif)
    bwdif.link_to(sink)
    graph.configure()
    for other in alike:
        graph.push(other)
    graph.push(None)
    wanted = [other is frame for other in alike].index(True)
    for _ in range(wanted):
        graph.pull()
    result = graph.pull()
    assert isinstance(result, VideoFrame)
    return result


def _shape(frame: VideoFrame) -> tuple[int, int, str]:
    return frame.width, frame.height, frame.format.name


def _display_matrix(frame: VideoFrame) -> tuple[int, int, int, int]:
    """The turning part (a, b, c, d) of the display matrix: x' = ax + cy, y' = bx + dy."""
    # PyAV's own types call the whole collection one item of it.
    side_data: Mapping[str, SideData] = frame.side_data  # type: ignore[assignment]
    data = side_data.get('DISPLAYMATRIX')
    if data is None:
        return 1, 0, 0, 1
    a, b, _, c, d = struct.unpack_from('=5i', bytes(data))
    return a, b, c, d


def _upright(pixels: Pixels, matrix: tuple[int, int, int, int]) -> Pixels:
    """Apply the quarter turns and mirrorings of a display matrix."""
    a, b, c, d = matrix
    if abs(a) + abs(d) < abs(b) + abs(c):
        pixels = pixels.transpose(1, 0, 2)
        a, d = c, b
    if a < 0:
        pixels = pixels[:, ::-1]
    if d < 0:
        pixels = pixels[::-1]
    return pixels
