# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Video that bags hold packet by packet is decoded from its first keyframe on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.image import ImageError
from streamo_ros.sources.open import open_source

CASES = Path(__file__).parents[2].parent / 'shared' / 'cases'


@pytest.fixture(scope='module')
def coded(maker):
    return maker.packets(30)


@pytest.fixture
def bag(bag_writer, tmp_path):
    """Writes a bag of packets."""

    def write(packets, kind=None, **fields):
        kind = kind or bag_writer.FFMPEG_PACKET
        make = {
            bag_writer.FFMPEG_PACKET: bag_writer.ffmpeg_packet,
            bag_writer.COMPRESSED_VIDEO: bag_writer.compressed_video,
        }[kind]
        stamps = [bag_writer.START + number * bag_writer.SECOND // 25 for number in range(99)]
        messages = [
            ('/camera/image_raw/ffmpeg', kind, stamp + 7_000_000, make(stamp, data, **fields))
            for stamp, data in zip(stamps, packets, strict=False)
        ]
        return bag_writer.write_bag(tmp_path / 'bag', messages)

    return write


def read(path, **options):
    """(stamp, picture or flaw) of each record."""
    result = []
    for record in open_source(path, **options).records():
        try:
            result.append((record.stamp, record.image()))
        except ImageError as error:
            result.append((record.stamp, str(error)))
    return result


@pytest.mark.parametrize(
    ('kind', 'codec'),
    [
        ('foxglove_msgs/msg/CompressedVideo', 'h264'),
        ('ffmpeg_image_transport_msgs/msg/FFMPEGPacket', 'libx264'),
        ('ffmpeg_image_transport_msgs/msg/FFMPEGPacket', 'h264_nvenc;yuv420p;bgr8;bgr8'),
    ],
)
def test_every_packet_gives_its_picture_with_the_stamp_of_its_message(
    bag, bag_writer, coded, maker, kind, codec
):
    path = bag(coded, kind, codec=codec)
    records = read(path)
    assert [stamp for stamp, _ in records] == [
        bag_writer.START + number * bag_writer.SECOND // 25 for number in range(30)
    ]
    for number, (_, rgb) in enumerate(records):
        assert np.abs(rgb.astype(int) - maker.bar(number)).mean() < 8
    record = next(iter(open_source(path).records()))
    assert (record.frame_id, record.topic) == ('camera', '/camera/image_raw/ffmpeg')


@pytest.mark.parametrize('codec', ['libvpx-vp9', 'mpeg4'])
def test_other_codecs_are_decoded_too(bag, maker, codec):
    path = bag(maker.packets(20, codec), codec={'libvpx-vp9': 'vp9'}.get(codec, codec))
    pictures = [rgb for _, rgb in read(path)]
    assert all(np.abs(rgb.astype(int) - maker.bar(n)).mean() < 9 for n, rgb in enumerate(pictures))


@pytest.mark.parametrize('codec', ['libx264', 'mpeg4'])
def test_frames_before_the_first_keyframe_are_bad_with_that_reason(bag, maker, codec):
    records = read(bag(maker.packets(30, codec)[3:], codec=codec))
    assert len(records) == 27
    reasons = [item for _, item in records[:7]]
    assert all('no keyframe has come yet' in reason for reason in reasons)
    assert all(isinstance(item, np.ndarray) for _, item in records[7:])


def test_a_lost_packet_costs_frames_until_the_next_keyframe(bag, coded):
    damaged = [*coded]
    damaged[15] = damaged[15][:9]
    flaws = [item if isinstance(item, str) else '' for _, item in read(bag(damaged))]
    assert len(flaws) == 30
    assert not any(flaws[:14] + flaws[20:])
    assert any(flaws[15:20])


def test_a_lost_message_costs_frames_until_the_next_keyframe(bag_writer, coded, tmp_path):
    messages = [
        (
            '/video',
            bag_writer.FFMPEG_PACKET,
            bag_writer.START + number,
            bag_writer.ffmpeg_packet(bag_writer.START + number, data, number=number),
        )
        for number, data in enumerate(coded)
        if number not in (14, 15)
    ]
    records = read(bag_writer.write_bag(tmp_path / 'bag', messages))
    bad = [stamp - bag_writer.START for stamp, item in records if isinstance(item, str)]
    assert bad == [16, 17, 18, 19]
    assert 'whole again from the next keyframe' in records[14][1]


def test_a_pass_that_is_given_up_ends_at_once(bag, maker):
    # The decoder's threads still hold packets: it once waited for them for ever.
    path = bag(maker.packets(30, draw=maker.noise))
    for count in range(40):
        records = open_source(path).records()
        for _ in range(count % 7 + 1):
            next(records)
        del records


def test_a_topic_that_changes_its_codec_is_decoded_through(bag_writer, maker, coded, tmp_path):
    packets = [('h264', data) for data in coded[:15]]
    packets += [('vp9', data) for data in maker.packets(15, 'libvpx-vp9')]
    messages = [
        ('/v', bag_writer.FFMPEG_PACKET, at, bag_writer.ffmpeg_packet(at, data, codec))
        for at, (codec, data) in enumerate(packets, bag_writer.START)
    ]
    records = read(bag_writer.write_bag(tmp_path / 'bag', messages))
    assert [stamp - bag_writer.START for stamp, _ in records] == list(range(30))
    assert all(isinstance(item, np.ndarray) for _, item in records)


def test_what_is_not_decoded_is_given_up_in_time(bag):
    records = open_source(bag([bytes(50)] * 99)).records()
    assert next(records).stamp > 0


def test_a_message_without_data_is_one_bad_frame(bag, coded):
    records = read(bag([b'', *coded[:5], b'', *coded[5:]]))
    assert [number for number, (_, item) in enumerate(records) if isinstance(item, str)] == [0, 6]


def test_a_message_that_cannot_be_read_is_one_bad_frame(bag_writer, coded, tmp_path):
    whole = [bag_writer.ffmpeg_packet(bag_writer.START + n, data) for n, data in enumerate(coded)]
    whole[4] = whole[4][:30]
    messages = [
        ('/video', bag_writer.FFMPEG_PACKET, bag_writer.START + n, data)
        for n, data in enumerate(whole)
    ]
    records = read(bag_writer.write_bag(tmp_path / 'bag', messages))
    assert len(records) == 30
    assert sum('the message ends inside' in str(item) for _, item in records) == 1


def test_an_unknown_codec_is_named(bag):
    with pytest.raises(SourceError, match=r"holds 'braw' video, for which this FFmpeg has no dec"):
        read(bag([b'1234'], codec='braw'))


def test_only_sampled_frames_are_converted(bag, coded, monkeypatch):
    def refuse(*_):
        raise AssertionError('converted')

    monkeypatch.setattr('streamo_ros.sources.video.to_picture', refuse)
    assert len(list(open_source(bag(coded)).records())) == 30


def test_raw_and_compressed_images_are_preferred_to_video(bag_writer, coded, tmp_path):
    raws = list(bag_writer.raw_messages(bag_writer.frames(3)))
    video = [('/camera/image_raw/ffmpeg', bag_writer.FFMPEG_PACKET, raws[0][2], raws[0][3])]
    zstd = [('/camera/image_raw/zstd', bag_writer.COMPRESSED, raws[0][2], raws[0][3])]
    path = bag_writer.write_bag(tmp_path / 'bag', [*raws, *video, *zstd])
    assert open_source(path).topic == '/camera/image_raw'


@pytest.mark.skipif(not CASES.exists(), reason='the shared cases are not here')
def test_video_in_messages_for_images_is_named():
    path = CASES / '07_nothing_decided_exit_0' / 'h264_in_ci.mcap'
    assert {item[:27] for _, item in read(path)} == {'h264 is video, not an image'}
