# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is no recording is named by its content, whatever its name says."""

from __future__ import annotations

import gzip
import tarfile
import zipfile

import pytest

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.open import open_source

ANIMATED_WEBP = b'RIFF\x64\0\0\0WEBPVP8X\x0a\0\0\0\x02' + bytes(80)


def _zip(file):
    with zipfile.ZipFile(file, 'w') as archive:
        archive.writestr('0.5.png', b'image')


def _tar(file):
    with tarfile.open(file, 'w') as archive:
        archive.add(__file__, 'bag.mcap')


@pytest.mark.parametrize(
    ('name', 'content', 'sentence'),
    [
        ('run1.bag.active', b'#ROSBAG V2.0\n', 'is a ROS 1 bag: convert it with rosbags-convert'),
        ('run1.bin', b'#ROSBAG V2.0\n', 'is a ROS 1 bag: convert it with rosbags-convert'),
        ('live.m3u8', b'#EXTM3U\n#EXTINF:4,\nhttp://camera/a.ts\n', 'is a playlist, not a video'),
        ('all.txt', b"ffconcat version 1.0\nfile 'a.mp4'\n", 'is a playlist, not a video'),
        (
            'metadata.yaml',
            b'\xef\xbb\xbfrosbag2_bagfile_information:\n  version: 8\n',
            'is the metadata of a bag: give its folder, ',
        ),
        ('cat.webp', ANIMATED_WEBP, 'is an animated WebP, for which there is no decoder'),
        ('video.mp4', gzip.compress(b'video', mtime=0), 'is compressed with gzip: unpack it'),
        ('video.mp4', b'7z\xbc\xaf\x27\x1c\0\4', 'is a 7z archive: unpack it'),
        ('bag.zip', _zip, 'is a zip archive: unpack it and give what it holds'),
        ('bag.tar', _tar, 'is a tar archive: unpack it and give what it holds'),
    ],
)
def test_what_is_no_recording_is_named(tmp_path, name, content, sentence):
    file = tmp_path / name
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        content(file)
    with pytest.raises(SourceError, match=f'{name} {sentence}'):
        open_source(file)


def test_a_folder_without_a_recording_says_what_it_holds(tmp_path):
    with pytest.raises(SourceError, match='is empty: give a bag, a video or a folder of images'):
        open_source(tmp_path)
    (tmp_path / 'notes.txt').write_text('notes')
    with pytest.raises(SourceError, match=r'nor a folder of images \(\.bmp, \.jpeg, '):
        open_source(tmp_path)
    (tmp_path / 'run1.bag').write_bytes(b'#ROSBAG V2.0\n')
    with pytest.raises(SourceError, match=r'run1\.bag is a ROS 1 bag: convert it'):
        open_source(tmp_path)


def test_what_lies_deeper_is_named(tmp_path):
    (tmp_path / 'run' / 'bag').mkdir(parents=True)
    (tmp_path / 'run' / 'bag' / 'metadata.yaml').write_text('')
    with pytest.raises(SourceError, match=f': give {tmp_path}/run/bag$'):
        open_source(tmp_path)


def test_a_source_without_a_name_is_not_the_current_folder():
    with pytest.raises(SourceError, match='the source has no name'):
        open_source('')


def test_an_address_is_no_file():
    with pytest.raises(SourceError, match='rtsp://camera/1 is an address, and only files are rea'):
        open_source('rtsp://camera/1')


def test_a_link_that_leads_nowhere_is_called_so(tmp_path):
    for name, target in (('dangling.mp4', 'gone.mp4'), ('loop.mcap', 'loop.mcap')):
        (tmp_path / name).symlink_to(target)
        with pytest.raises(SourceError, match=f'{name} is a link that leads nowhere'):
            open_source(tmp_path / name)
