# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes the small bags, videos and folders that tests replay, intact and broken ones.

    python dev/make_test_bags.py FOLDER

Every image is rendered from the synthetic tabletop world, so that no recording with unclear rights
is needed. Every run makes the same images. Needs no ROS.
"""

from __future__ import annotations

import shutil
import struct
import sys
from pathlib import Path

import cv2
import lz4.frame
import numpy as np
from rosbags.rosbag2 import CompressionMode
from rosbags.rosbag2 import StoragePlugin

from bag_writer import frames
from bag_writer import HEIGHT
from bag_writer import IMAGE
from bag_writer import jpeg_messages
from bag_writer import RATE
from bag_writer import raw
from bag_writer import raw_messages
from bag_writer import Recorded
from bag_writer import SECOND
from bag_writer import START
from bag_writer import STORE
from bag_writer import WIDTH
from bag_writer import write_bag

# ---- whole bags ---------------------------------------------------------------------------------


def make_whole(folder: Path) -> None:
    """One bag of each storage and compression; all show the same world."""
    raws = list(raw_messages(frames()))
    write_bag(folder / 'raw_mcap', raws)
    write_bag(folder / 'zstd_mcap', raws, compression=CompressionMode.STORAGE)
    write_bag(folder / 'file_mcap', raws, compression=CompressionMode.FILE)
    write_bag(folder / 'raw_sqlite', raws, StoragePlugin.SQLITE3)
    write_bag(folder / 'message_sqlite', raws, StoragePlugin.SQLITE3, CompressionMode.MESSAGE)
    write_bag(folder / 'jpeg_mcap', jpeg_messages(frames()))
    write_bag(folder / 'jpeg_sqlite', jpeg_messages(frames()), StoragePlugin.SQLITE3)
    make_lz4(folder / 'lz4_mcap.mcap', folder / 'raw_mcap')
    make_split(folder / 'split_mcap', raws)
    both = sorted([*raws, *jpeg_messages(frames())], key=lambda message: message[2])
    write_bag(folder / 'both_mcap', both)
    make_video(folder / 'world.mp4')
    make_folder(folder / 'pictures')


def make_split(folder: Path, messages: list[Recorded], parts: int = 4) -> None:
    """A bag of several files, as rosbag2 makes it at its size limit."""
    folder.mkdir()
    names, size = [], -(-len(messages) // parts)
    for part in range(parts):
        bag = write_bag(
            folder / f'{folder.name}_{part}', messages[part * size : (part + 1) * size]
        )
        (bag / f'{bag.name}.mcap').rename(folder / f'{bag.name}.part')
        shutil.rmtree(bag)
        names.append(f'{bag.name}.mcap')
        (folder / f'{bag.name}.part').rename(folder / names[-1])
    lines = [
        'rosbag2_bagfile_information:',
        '  version: 8',
        '  storage_identifier: mcap',
        '  relative_file_paths:',
        *(f'    - {name}' for name in names),
    ]
    (folder / 'metadata.yaml').write_text('\n'.join(lines) + '\n')


def make_lz4(file: Path, bag: Path) -> None:
    """The file of an uncompressed bag, its chunks packed by lz4 and without a summary."""
    data = (bag / f'{bag.name}.mcap').read_bytes()
    out, at = bytearray(data[:8]), 8
    while at < len(data) - 8:
        opcode, length = struct.unpack_from('<BQ', data, at)
        body, at = data[at + 9 : at + 9 + length], at + 9 + length
        if opcode == 0x06:
            # start, end, size, crc; then the name of the compression, empty here.
            packed = lz4.frame.compress(body[40:])
            body = body[:28] + struct.pack('<I3sQ', 3, b'lz4', len(packed)) + packed
        if opcode in (0x01, 0x06, 0x0F):
            out += struct.pack('<BQ', opcode, len(body)) + body
        if opcode == 0x0F:
            break
    out += struct.pack('<BQ', 0x02, 20) + bytes(20) + data[:8]
    file.write_bytes(out)


def make_video(file: Path) -> None:
    """A video of the world."""
    kind = cv2.VideoWriter.fourcc(*'mp4v')
    writer = cv2.VideoWriter(str(file), kind, RATE, (WIDTH, HEIGHT))
    for _, rgb in frames():
        writer.write(np.ascontiguousarray(rgb[..., ::-1]))
    writer.release()


def make_folder(folder: Path) -> None:
    """Images named by their times, nanoseconds."""
    folder.mkdir()
    for stamp, rgb in frames(20):
        cv2.imwrite(str(folder / f'{stamp}.png'), rgb[..., ::-1])


# ---- awkward times ------------------------------------------------------------------------------


def make_awkward(folder: Path) -> None:
    """Bags whose stamps jump, repeat, run backwards or are zero."""
    regular = list(frames(30, 5))
    gap = regular[:15] + [(stamp + 10 * SECOND, rgb) for stamp, rgb in regular[15:]]
    twice = [frame for frame in regular for _ in range(2)]
    swapped = [regular[at + 1 - 2 * (at % 2)] for at in range(len(regular))]
    random = np.random.default_rng(7)
    shaken = [(stamp + int(random.integers(-30, 31)) * 1_000_000, rgb) for stamp, rgb in regular]
    kept = [frame for frame in regular if random.random() >= 0.2]
    for name, stamped in {
        'gap': gap,
        'duplicate': twice,
        'reordered': swapped,
        'loop': regular + regular,
        'jitter': shaken,
        'drops': kept,
        'zero': [(0, rgb) for _, rgb in regular],
    }.items():
        messages = [
            ('/camera/image_raw', IMAGE, START + number * SECOND // 5, raw(stamp, rgb))
            for number, (stamp, rgb) in enumerate(stamped)
        ]
        write_bag(folder / name, messages)


# ---- broken bags --------------------------------------------------------------------------------


def write_damaged_on_the_way(file: Path, seconds: int = 6) -> Path:
    """A bag whose last chunk cannot be unpacked, which is found when it is reached.

    Args:
        file: the `.mcap` file; written through a bag beside it.
        seconds: how long it is; four images a second.
    """
    noise = 60 * np.random.default_rng(0).integers(0, 4, (4 * seconds, 240, 320, 3), np.uint8)
    shots = [(START + number * SECOND // 4, image) for number, image in enumerate(noise)]
    bag = write_bag(
        file.with_suffix('.whole'), raw_messages(shots), compression=CompressionMode.STORAGE
    )
    data = (bag / f'{bag.name}.mcap').read_bytes()
    place = len(data) * 9 // 10
    file.write_bytes(data[:place] + bytes(64) + data[place + 64 :])
    return file


def make_broken(folder: Path) -> None:
    """Bags that are refused with one sentence each; call `make_whole` first."""
    data = (folder / 'raw_mcap' / 'raw_mcap.mcap').read_bytes()
    (folder / 'truncated.mcap').write_bytes(data[: len(data) * 2 // 3])
    packed = (folder / 'zstd_mcap' / 'zstd_mcap.mcap').read_bytes()
    middle = len(packed) // 2
    (folder / 'flipped.mcap').write_bytes(packed[:middle] + bytes(64) + packed[middle + 64 :])
    (folder / 'text.mcap').write_bytes(b'this is not a bag')
    (folder / 'empty.mcap').write_bytes(b'')
    (folder / 'text.db3').write_bytes(b'this is not a bag')
    shutil.copytree(folder / 'split_mcap', folder / 'no_metadata')
    (folder / 'no_metadata' / 'metadata.yaml').unlink()
    shutil.copytree(folder / 'split_mcap', folder / 'bad_metadata')
    (folder / 'bad_metadata' / 'metadata.yaml').write_text('rosbag2: [')
    shutil.copytree(folder / 'split_mcap', folder / 'lacking')
    (folder / 'lacking' / 'split_mcap_2.mcap').unlink()
    write_bag(folder / 'no_messages', [], topics=[('/camera/image_raw', IMAGE)])
    text = STORE.types['std_msgs/msg/String']('hello')
    hello = bytes(STORE.serialize_cdr(text, 'std_msgs/msg/String'))
    write_bag(folder / 'no_images', [('/chatter', 'std_msgs/msg/String', START, hello)])
    write_bag(
        folder / 'two_cameras',
        [*raw_messages(frames(3), '/left/image'), *raw_messages(frames(3), '/right/image')],
    )
    for name, broken in {
        'wrong_encoding': lambda stamp, rgb: raw(stamp, rgb, '32FC1'),
        'lying_step': lambda stamp, rgb: raw(stamp, rgb, step=7 * WIDTH),
        'cut_messages': lambda stamp, rgb: raw(stamp, rgb)[:200],
    }.items():
        make = (raw, broken)
        write_bag(
            folder / name,
            [
                ('/camera/image_raw', IMAGE, stamp, make[number % 2](stamp, rgb))
                for number, (stamp, rgb) in enumerate(frames(10, 1))
            ],
        )
    make_broken_video(folder)


def make_broken_video(folder: Path) -> None:
    """A text file named as a video, and a video without its index."""
    (folder / 'text.mp4').write_bytes(b'this is not a video')
    data = (folder / 'world.mp4').read_bytes()
    (folder / 'cut.mp4').write_bytes(data[: len(data) // 2])


def make_all(folder: Path) -> None:
    """Everything."""
    folder.mkdir(parents=True, exist_ok=True)
    make_whole(folder)
    make_awkward(folder)
    make_broken(folder)


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit('usage: python dev/make_test_bags.py FOLDER')
    make_all(Path(sys.argv[1]))
