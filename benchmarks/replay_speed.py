# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How fast a bag is replayed: raw 640x480 at 30 Hz, sampled at 1 Hz, with the scripted backbone.

    python benchmarks/replay_speed.py [--seconds 20] [--runs 5]

Prints one JSON object: multiples of real time, median of the runs, for each storage; for MCAP also
what reading every message through rosbags would give. The bags are made in a temporary folder
(28 MB a second of recording) and lie in the page cache when they are read.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rosbags.rosbag2 import Reader
from rosbags.rosbag2 import StoragePlugin
from rosbags.rosbag2 import Writer
from rosbags.typesys import get_typestore
from rosbags.typesys import Stores

from streamo_ros.backbone.scripted import ScriptedBackbone
from streamo_ros.core.protocol import State
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job

STORE = get_typestore(Stores.ROS2_HUMBLE)
IMAGE = 'sensor_msgs/msg/Image'
TARGET = 200
START = 1_700_000_000_000_000_000
RATE, WIDTH, HEIGHT = 30, 640, 480


def images(seconds: int) -> Iterator[tuple[int, bytes]]:
    """Serialized noise at 30 Hz with its stamps."""
    pixels = np.random.default_rng(0).integers(0, 256, HEIGHT * WIDTH * 3, np.uint8)
    for number in range(seconds * RATE):
        stamp = START + number * 1_000_000_000 // RATE
        time_type = STORE.types['builtin_interfaces/msg/Time']
        header = STORE.types['std_msgs/msg/Header'](time_type(*divmod(stamp, 10**9)), 'camera')
        message = STORE.types[IMAGE](header, HEIGHT, WIDTH, 'rgb8', 0, 3 * WIDTH, pixels)
        yield stamp, bytes(STORE.serialize_cdr(message, IMAGE))


def make_bag(folder: Path, storage: StoragePlugin, seconds: int) -> Path:
    """A bag of one camera."""
    with Writer(folder, version=8, storage_plugin=storage) as writer:
        connection = writer.add_connection('/camera/image_raw', IMAGE, typestore=STORE)
        for stamp, data in images(seconds):
            writer.write(connection, stamp, data)
    return folder


def replay_once(bag: Path) -> None:
    """Decide every sampled frame of the bag."""
    backbone = ScriptedBackbone(lambda _, __: (State.SILENCE, ''))
    job = ReplayJob(
        str(bag), Path('scripted.yaml'), (TimedInstruction('Tell me when something moves.'),)
    )
    run_job(job, backbone=backbone)


def read_once(bag: Path) -> None:
    """Read every message, without a look at it, through rosbags."""
    with Reader(bag) as reader:
        for _ in reader.messages():
            pass


def speed(work: Callable[[Path], None], bag: Path, seconds: int, runs: int) -> float:
    """Median multiple of real time; one more run warms the page cache."""
    taken = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        work(bag)
        taken.append(time.perf_counter() - began)
    return round(seconds / statistics.median(taken[1:]), 1)


def main() -> int:
    """Measure; the exit code is 1 when the target is missed."""
    parser = argparse.ArgumentParser(description='Speed of replay as a multiple of real time.')
    parser.add_argument('--seconds', type=int, default=20, help='length of the bags')
    parser.add_argument('--runs', type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix='streamo_replay_speed_') as folder:
        found = {}
        for storage in (StoragePlugin.MCAP, StoragePlugin.SQLITE3):
            name = storage.name.lower()
            bag = make_bag(Path(folder, name), storage, options.seconds)
            found[f'replay_{name}'] = speed(replay_once, bag, options.seconds, options.runs)
            found[f'rosbags_reading_{name}'] = speed(read_once, bag, options.seconds, options.runs)
    print(json.dumps({'unit': 'multiple of real time', 'seconds': options.seconds, **found}))
    return int(min(found['replay_mcap'], found['replay_sqlite3']) < TARGET)


if __name__ == '__main__':
    sys.exit(main())
