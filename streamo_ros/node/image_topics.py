# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which topic a camera's images are on, and why none arrive: as the graph has it.

Topics are named as image_transport names them: the base topic is resolved first, and the transport
is added to it, so that remapping `image` moves `image/compressed` too.
"""

from __future__ import annotations

from typing import Any

from rclpy.node import Node
from sensor_msgs.msg import CompressedImage
from sensor_msgs.msg import Image

RAW = 'sensor_msgs/msg/Image'
COMPRESSED = 'sensor_msgs/msg/CompressedImage'
SUFFIX = '/compressed'
_SHOWN = 4
"""Other image topics that are listed at most."""


def image_topic(node: Node, transport: str) -> str:
    """The topic to subscribe to, fully qualified.

    Args:
        node: whose remappings count.
        transport: 'raw' or 'compressed'.
    """
    base = str(node.resolve_topic_name('image'))
    if transport == 'raw':
        return base
    own = f'image{SUFFIX}'
    remapped = str(node.resolve_topic_name(own))
    # A remapping of the very topic has the last word.
    return (
        remapped if remapped != node.resolve_topic_name(own, only_expand=True) else base + SUFFIX
    )


def message_type(transport: str) -> type[Image | CompressedImage]:
    """The type of the messages of a transport."""
    return CompressedImage if transport == 'compressed' else Image


def why_silent(node: Node, topic: str, transport: str, requested: str, publishers: str) -> str:
    """Why no message arrives on a topic, and what to do: the part after 'no frame on ...:'.

    Args:
        node: asks the graph.
        topic: fully qualified.
        transport: 'raw' or 'compressed'.
        requested: our QoS, in words.
        publishers: those of our type and their QoS, in words; '' when there are none.
    """
    if publishers:
        return (
            f'it has publishers ({publishers}), this node requests {requested}; check that the '
            'camera is running and that the network carries its images'
        )
    others = other_types(node, topic, transport)
    if others:
        return others
    base = topic.removesuffix(SUFFIX) if transport == 'compressed' else topic
    for candidate, other, remap in _siblings(base, transport):
        if _has(node, candidate, COMPRESSED if other == 'compressed' else RAW):
            change = '' if other == transport else f'set image_transport to {other}'
            move = f'remap `image` to {remap}' if remap != base else ''
            cure = ' and '.join(filter(None, (change, move)))
            return f'it has no publishers, but {candidate} has some; {cure}'
    return f'it has no publishers; start the camera or remap `image` to its topic{_listed(node)}'


def other_types(node: Node, topic: str, transport: str) -> str:
    """What to do when the topic is published, but with other types than ours; '' if it is not."""
    wanted = COMPRESSED if transport == 'compressed' else RAW
    infos = node.get_publishers_info_by_topic(topic)
    types = sorted({info.topic_type for info in infos})
    if not types or wanted in types:
        return ''
    names = ', '.join(sorted({info.node_name for info in infos}))
    problem = f'{names} publishes it as {", ".join(types)}, and this node expects {wanted}'
    if COMPRESSED in types:
        base = topic.removesuffix(SUFFIX)
        if base == topic:
            return f'{problem}; set image_transport to compressed and remap `image{SUFFIX}` to it'
        return f'{problem}; set image_transport to compressed and remap `image` to {base}'
    if RAW in types:
        return f'{problem}; set image_transport to raw and remap `image` to {topic}'
    return f'{problem}; remap `image` to a topic with images{_listed(node)}'


def _siblings(base: str, transport: str) -> list[tuple[str, str, str]]:
    """(topic, its transport, what to remap `image` to): where the images may be instead."""
    places = [(base, 'raw', base), (base + SUFFIX, 'compressed', base)]
    if base.endswith(SUFFIX):
        stem = base.removesuffix(SUFFIX)
        places.insert(0, (base, 'compressed', stem))
        places.append((stem, 'raw', stem))
    ours = base if transport == 'raw' else base + SUFFIX
    return [place for place in places if (place[0], place[1]) != (ours, transport)]


def _has(node: Node, topic: str, kind: str) -> bool:
    infos = node.get_publishers_info_by_topic(topic)
    return any(info.topic_type == kind for info in infos)


def _listed(node: Node) -> str:
    """The topics on which images are published, as an addition to a sentence; '' for none."""
    topics: list[Any] = node.get_topic_names_and_types()
    published = [
        name
        for name, types in topics
        if {RAW, COMPRESSED} & set(types) and node.count_publishers(name)
    ]
    more = ', ...' if len(published) > _SHOWN else ''
    return f' (published are {", ".join(sorted(published)[:_SHOWN])}{more})' if published else ''
