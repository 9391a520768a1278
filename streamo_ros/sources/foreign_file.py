# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names files that are no recording, or one of a kind that is not read, by how they begin.

FFmpeg tries to make a video of anything: it finds one in a few kinds of text, and calls the rest
damaged.
"""

from __future__ import annotations

from pathlib import Path

_ARCHIVES = {
    b'PK\x03\x04': 'a zip archive',
    b'\x1f\x8b': 'compressed with gzip',
    b'BZh': 'compressed with bzip2',
    b'\xfd7zXZ\0': 'compressed with xz',
    b'7z\xbc\xaf\x27\x1c': 'a 7z archive',
    b'Rar!\x1a\x07': 'a rar archive',
    b'\x04\x22\x4d\x18': 'compressed with lz4',
}
_ROS1 = b'#ROSBAG'
_PLAYLISTS = (b'#EXTM3U', b'ffconcat version')
_METADATA = b'rosbag2_bagfile_information:'
_BYTE_ORDER_MARK = b'\xef\xbb\xbf'


def describe_foreign(path: Path) -> str:
    """What a file is, and what to give instead; '' when it may be a video.

    Args:
        path: a regular file that is no storage file of a bag.

    Raises:
        OSError: it cannot be read.
    """
    with path.open('rb') as file:
        head = file.read(512).removeprefix(_BYTE_ORDER_MARK)
    if head.startswith(_ROS1):
        return ros1_advice(path)
    if head.startswith(_PLAYLISTS):
        return f'{path} is a playlist, not a video: give the files that it names'
    if head.startswith(_METADATA):
        return f'{path} is the metadata of a bag: give its folder, {path.parent}'
    if head[8:12] == b'WEBP' and head[12:16] == b'VP8X' and head[20] & 0x02:
        return f'{path} is an animated WebP, for which there is no decoder: convert it to GIF'
    name = next((name for start, name in _ARCHIVES.items() if head.startswith(start)), '')
    if name or head[257:262] == b'ustar':
        return f'{path} is {name or "a tar archive"}: unpack it and give what it holds'
    return ''


def ros1_advice(path: Path) -> str:
    """The refusal of a ROS 1 bag."""
    return f'{path} is a ROS 1 bag: convert it with rosbags-convert --src {path} --dst DIR'
