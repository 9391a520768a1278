# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The topics of a bag that hold images, and which of them is meant."""

from __future__ import annotations

import re

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.storage import TopicEntry

IMAGE = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
COMPRESSED_VIDEO = 'foxglove_msgs/msg/CompressedVideo'
FFMPEG_PACKET = 'ffmpeg_image_transport_msgs/msg/FFMPEGPacket'
VIDEO_TYPES = (COMPRESSED_VIDEO, FFMPEG_PACKET)
_TYPES = (IMAGE, COMPRESSED, *VIDEO_TYPES)
# What image_transport's plugins append to the topic of the raw images, best first.
_TRANSPORTS = ('', 'compressed', 'ffmpeg', 'foxglove', 'h264', 'zstd')


def choose_topic(bag: str, topics: dict[str, TopicEntry], wanted: str = '') -> str:
    """The image topic of a bag.

    Args:
        bag: what to call it in an error.
        topics: what it holds.
        wanted: the requested topic, with or without its first slash; '' finds the only one. Of
            the same images over several transports the raw ones are taken, or else the first of
            compressed, ffmpeg, foxglove, h264 and zstd; depth does not count.

    Raises:
        SourceError: there is no such topic, none with images, or more than one.
    """
    listed = ', '.join(f'{name} ({entry.type_name})' for name, entry in sorted(topics.items()))
    images = {name: entry for name, entry in topics.items() if entry.type_name in _TYPES}
    if wanted:
        wanted = f'/{wanted.lstrip("/")}'
        if wanted not in images:
            problem = 'is not an image topic' if wanted in topics else 'does not exist'
            raise SourceError(f'topic {wanted} {problem} in {bag}: it holds {listed or "nothing"}')
        candidates = [wanted]
    elif not images:
        raise SourceError(
            f'{bag} has no image topic: it holds {listed or "nothing"}; read are '
            f'{", ".join(_TYPES)}'
        )
    else:
        candidates = _candidates(images)
    if not any(images[name].count for name in candidates):
        raise SourceError(
            f'{bag} has no messages on {", ".join(candidates)}: nothing was recorded'
        )
    if len(candidates) > 1:
        raise SourceError(
            f'{bag} has {len(candidates)} image topics: choose with --topic one of '
            f'{", ".join(candidates)}'
        )
    return candidates[0]


def _candidates(images: dict[str, TopicEntry]) -> list[str]:
    color = [name for name in images if not re.search(r'depth', name, re.IGNORECASE)] or [*images]
    filled = [name for name in color if images[name].count] or color
    best: dict[str, str] = {}
    for name in sorted(filled, key=lambda name: _TRANSPORTS.index(_transport(name))):
        best.setdefault(_base(name), name)
    return sorted(best.values())


def _transport(name: str) -> str:
    last = name.rpartition('/')[2]
    return last if last in _TRANSPORTS else ''


def _base(name: str) -> str:
    return name.removesuffix(f'/{_transport(name)}') if _transport(name) else name
