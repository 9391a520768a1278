# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Every kind of source shows the same world, and what is broken says so in one sentence."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.sources.base import FIRST_STAMP
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source

EXACT = [
    'raw_mcap',
    'raw_mcap/raw_mcap.mcap',
    'zstd_mcap',
    'lz4_mcap.mcap',
    'file_mcap',
    'raw_sqlite',
    'raw_sqlite/raw_sqlite.db3',
    'message_sqlite',
    'split_mcap',
    'both_mcap',
]


def read(path, **options):
    source = open_source(path, **options)
    try:
        return [(record.stamp, record.image().copy()) for record in source.records()]
    finally:
        source.close()


@pytest.mark.parametrize('name', EXACT)
def test_every_storage_gives_the_same_stamps_and_pixels(bags, bag_writer, name):
    for (stamp, image), (expected, rgb) in zip(
        read(bags / name), bag_writer.frames(), strict=True
    ):
        assert stamp == expected
        assert np.array_equal(image, rgb)


@pytest.mark.parametrize('name', ['jpeg_mcap', 'jpeg_sqlite'])
def test_compressed_images_show_the_same_world(bags, bag_writer, name):
    for (stamp, image), (expected, rgb) in zip(
        read(bags / name), bag_writer.frames(), strict=True
    ):
        assert stamp == expected
        assert np.abs(image.astype(int) - rgb).mean() < 9


def test_video_gives_the_times_of_its_container(bags, bag_writer):
    seen = read(bags / 'world.mp4')
    assert [stamp for stamp, _ in seen] == [
        FIRST_STAMP + at * bag_writer.SECOND // bag_writer.RATE for at in range(bag_writer.FRAMES)
    ]
    for (_, image), (_, rgb) in zip(seen, bag_writer.frames(), strict=True):
        assert np.abs(image.astype(int) - rgb).mean() < 12


def test_folder_gives_the_times_of_its_names(bags, bag_writer):
    for (stamp, image), (expected, rgb) in zip(
        read(bags / 'pictures'), bag_writer.frames(20), strict=True
    ):
        assert stamp == expected
        assert np.array_equal(image, rgb)


def test_table_of_times_rules_over_names_and_order(bags, tmp_path):
    pictures = sorted((bags / 'pictures').iterdir())[:3]
    for name, picture in zip('cab', pictures, strict=True):
        (tmp_path / f'{name}.png').write_bytes(picture.read_bytes())
    (tmp_path / 'times.csv').write_text('# seconds, file\n2.5,b.png\n0, c.png\n1.25,a.png\n')
    source = open_source(tmp_path)
    assert [record.path.name for record in source.records()] == ['c.png', 'a.png', 'b.png']
    offsets = [record.stamp - FIRST_STAMP for record in source.records()]
    assert offsets == [0, 1_250_000_000, 2_500_000_000]
    assert source.duration == 2.5


@pytest.mark.parametrize('name', [*EXACT, 'jpeg_mcap', 'world.mp4'])
def test_source_knows_its_duration_and_can_be_read_twice(bags, name):
    source = open_source(bags / name)
    assert source.duration == pytest.approx(7.8, abs=0.21)
    assert len(list(source.records())) == len(list(source.records())) == 40
    source.close()


def test_stamp_and_frame_id_are_known_without_reading_the_image(bags):
    source = open_source(bags / 'wrong_encoding')
    records = list(source.records())
    assert [record.frame_id for record in records] == ['camera'] * 10
    assert all(record.stamp for record in records)


def test_topic_is_chosen_by_name_with_or_without_slash(bags):
    for topic in ('/right/image', 'right/image'):
        source = open_source(bags / 'two_cameras', topic=topic)
        assert source.topic == '/right/image'
        assert len(list(source.records())) == 3


def test_raw_topic_is_preferred_to_its_compressed_sibling(bags):
    assert open_source(bags / 'both_mcap').topic == '/camera/image_raw'


@pytest.mark.parametrize(
    ('name', 'sentence'),
    [
        ('nothing_here.mcap', 'does not exist: give a bag, a video, a folder or /dev/videoN'),
        ('truncated.mcap', 'is damaged or was cut off: .* at byte [0-9]+; add --salvage'),
        ('text.mcap', 'is not an MCAP file'),
        ('empty.mcap', 'is empty: nothing was written before the recording ended'),
        ('text.db3', 'cannot be read as a sqlite3 bag: .*not a database'),
        ('no_metadata', 'has no metadata.yaml: rewrite it with ros2 bag reindex'),
        ('bad_metadata', 'is not the metadata of a bag: rewrite it'),
        ('lacking', 'lacks split_mcap_2.mcap: copy all its files, or add --salvage'),
        ('no_messages', 'has no messages on /camera/image_raw: nothing was recorded'),
        ('no_images', 'has no image topic: it holds /chatter .std_msgs/msg/String.'),
        (
            'two_cameras',
            'has 2 image topics: choose with --topic one of /left/image, /right/image',
        ),
        ('text.mp4', 'is no video that can be read'),
        ('cut.mp4', "has no index .its 'moov' box is missing."),
    ],
)
def test_what_cannot_be_opened_says_why_in_one_sentence(bags, name, sentence):
    with pytest.raises(SourceError, match=sentence):
        open_source(bags / name)


@pytest.mark.parametrize(
    ('topic', 'sentence'),
    [
        ('/nowhere', 'topic /nowhere does not exist in .*: it holds /chatter'),
        ('/chatter', 'topic /chatter is not an image topic'),
    ],
)
def test_wrong_topic_is_answered_with_the_list(bags, topic, sentence):
    with pytest.raises(SourceError, match=sentence):
        open_source(bags / 'no_images', topic=topic)


def test_ros1_bag_is_sent_to_the_converter(tmp_path):
    (tmp_path / 'old.bag').write_bytes(b'#ROSBAG V2.0\n')
    with pytest.raises(SourceError, match='convert it with rosbags-convert'):
        open_source(tmp_path / 'old.bag')


def test_absent_camera_is_named():
    with pytest.raises(SourceError, match='the camera /dev/video77 cannot be opened'):
        open_source('/dev/video77')


def test_damage_inside_a_chunk_is_found_when_it_is_reached(bags):
    source = open_source(bags / 'flipped.mcap')
    with pytest.raises(SourceError, match=r'is damaged or was cut off: .* add --salvage'):
        list(source.records())


@pytest.mark.parametrize(
    ('name', 'least'),
    [
        ('truncated.mcap', 20),
        ('no_metadata', 40),
        ('bad_metadata', 40),
        ('lacking', 30),
    ],
)
def test_salvage_reads_what_is_there(bags, bag_writer, name, least):
    seen = read(bags / name, salvage=True)
    assert len(seen) >= least
    expected = dict(bag_writer.frames())
    for stamp, image in seen:
        assert np.array_equal(image, expected[stamp])


def test_salvaged_bag_says_what_is_lost(bags):
    assert (
        'truncated.mcap is damaged or was cut off'
        in open_source(bags / 'truncated.mcap', salvage=True).damage
    )


@pytest.mark.parametrize(
    ('name', 'sentence'),
    [
        ('wrong_encoding', "encoding '32FC1' holds measurements such as depth"),
        ('lying_step', 'step.height is 672.72 = 48384 bytes, but the data have 20736'),
        ('cut_messages', 'the message ends inside data'),
    ],
)
def test_one_broken_image_is_an_error_of_that_image_alone(bags, name, sentence):
    for number, record in enumerate(open_source(bags / name).records()):
        if number % 2:
            with pytest.raises(ImageError, match=sentence):
                record.image()
        else:
            assert record.image().shape == (72, 96, 3)


@pytest.mark.parametrize('name', ['frame_000001.png', '000001.png'])
def test_images_without_times_are_not_given_invented_ones(bags, tmp_path, name):
    picture = next((bags / 'pictures').iterdir())
    (tmp_path / name).write_bytes(picture.read_bytes())
    with pytest.raises(SourceError, match=r'is not a time: write a table times.csv'):
        open_source(tmp_path)


def test_broken_table_names_the_line(bags, tmp_path):
    (tmp_path / 'a.png').write_bytes(b'')
    (tmp_path / 'times.csv').write_text('1.0,a.png\nyesterday,a.png\n')
    with pytest.raises(SourceError, match=r"line 2 of .* is not 'TIME,FILE' but 'yesterday,"):
        open_source(tmp_path)
