# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What it costs to listen to a camera: the node beside two plain subscribers, in one run.

One process publishes images; every subject is a process of its own and all listen to the same
images at the same time, so that load of the machine hits them alike. `transport` subscribes raw
and only counts, `deserializing` lets rclpy make a message of every image, `node` is the real node
with a scripted model at 1 Hz. CPU time is read from /proc, so waiting costs nothing; the images
that arrived are counted, so that a lost one does not count as saved.

    .venv/bin/python benchmarks/load.py --seconds 30 --output benchmarks/load.json
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
TICKS = os.sysconf('SC_CLK_TCK')

PUBLISHER = """
import struct, sys, time
from array import array
import cv2, numpy as np, rclpy
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage, Image
width, height, rate = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
rclpy.init()
node = rclpy.create_node('load_camera')
picture = np.random.default_rng(0).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_CUBIC)
topics = []
def prepare(topic, message, data):
    message.data = array('B', data)
    qos = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
    publisher = node.create_publisher(type(message), topic, qos)
    topics.append((publisher, bytearray(serialize_message(message))))
if 'raw' in sys.argv:
    prepare('image', Image(width=width, height=height, step=width * 3, encoding='rgb8'),
            picture.tobytes())
if 'compressed' in sys.argv:
    jpeg = cv2.imencode('.jpg', picture)[1].tobytes()
    prepare('image/compressed', CompressedImage(format='jpeg'), jpeg)
due = time.time()
while rclpy.ok():
    stamp = time.time_ns()
    for publisher, data in topics:
        struct.pack_into('<iI', data, 4, stamp // 10**9, stamp % 10**9)
        publisher.publish(bytes(data))
    due += 1 / rate
    time.sleep(max(0, due - time.time()))
"""

SUBSCRIBER = """
import sys, rclpy
from rclpy.qos import QoSProfile, QoSReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import UInt64
rclpy.init()
node = rclpy.create_node(sys.argv[1])
heard = UInt64()
def hear(_):
    heard.data += 1
kind = CompressedImage if 'compressed' in sys.argv[3] else Image
qos = QoSProfile(depth=1, reliability=QoSReliabilityPolicy.BEST_EFFORT)
node.create_subscription(kind, sys.argv[3], hear, qos, raw=sys.argv[2] == 'raw')
count = node.create_publisher(UInt64, '~/count', 1)
node.create_timer(1.0, lambda: count.publish(heard))
rclpy.spin(node)
"""


def cpu_seconds(pid: int) -> float:
    """CPU time that a process has taken."""
    fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def subjects(script: Path, compressed: bool) -> dict[str, list[str]]:
    """Command lines of everything that listens, by name."""
    python = sys.executable
    node = [
        python,
        '-m',
        'streamo_ros.node.main',
        '--ros-args',
        '-p',
        f'model.path:={script}',
        '-p',
        "instructions:=['nothing']",
    ]
    if compressed:
        topic, transport = 'image/compressed', ['-p', 'image_transport:=compressed']
    else:
        topic, transport = 'image', []
    return {
        'transport': [python, '-c', SUBSCRIBER, 'plain_raw', 'raw', topic],
        'deserializing': [python, '-c', SUBSCRIBER, 'plain', 'message', topic],
        'node': [*node, *transport, '-r', '__node:=node_a'],
        'second node': [*node, *transport, '-r', '__node:=node_b'],
    }


class Counts:
    """How many images each subject has received, as it says itself."""

    def __init__(self) -> None:
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from std_msgs.msg import UInt64
        from streamo_ros.msg import FrameState

        self.now: dict[str, int] = {}
        self.dropped: dict[str, int] = {}
        self._context = rclpy.Context()
        rclpy.init(context=self._context)
        self._node = rclpy.create_node('load_counts', context=self._context)
        for name, topic in (('transport', 'plain_raw'), ('deserializing', 'plain')):
            self._node.create_subscription(
                UInt64, f'/{topic}/count', lambda one, name=name: self._put(name, one.data), 1
            )
        for name, topic in (('node', 'node_a'), ('second node', 'node_b')):
            self._node.create_subscription(
                FrameState,
                f'/{topic}/frame_state',
                lambda one, name=name: self._put(name, one.received_frames, one.dropped_frames),
                1,
            )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    def _put(self, name: str, count: int, dropped: int = 0) -> None:
        self.now[name], self.dropped[name] = count, dropped

    def listen(self, seconds: float) -> None:
        """Take counts in for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def close(self) -> None:
        """Leave the graph."""
        self._node.destroy_node()
        self._context.try_shutdown()


def measure(
    seconds: float, size: tuple[int, int], rate: float, compressed: bool
) -> dict[str, dict[str, float]]:
    """CPU share of each subject, percent of a core."""
    running: dict[str, subprocess.Popen[bytes]] = {}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / 'silent.yaml'
        script.write_text("- {instruction: '', say: []}\n")
        commands = subjects(script, compressed)
        camera = [sys.executable, '-c', PUBLISHER, str(size[0]), str(size[1]), str(rate)]
        commands['camera'] = [*camera, 'compressed' if compressed else 'raw']
        try:
            for name, command in commands.items():
                running[name] = subprocess.Popen(command, cwd=ROOT)
            counts = Counts()
            counts.listen(8)
            first = dict(counts.now)
            before = {name: cpu_seconds(one.pid) for name, one in running.items()}
            began = time.monotonic()
            counts.listen(seconds)
            wall = time.monotonic() - began
            took = {name: cpu_seconds(one.pid) - before[name] for name, one in running.items()}
            heard = {name: counts.now.get(name, 0) - first.get(name, 0) for name in took}
            dropped = counts.dropped
            counts.close()
        finally:
            for one in running.values():
                one.send_signal(signal.SIGINT)
            for one in running.values():
                try:
                    one.wait(5)
                except subprocess.TimeoutExpired:
                    one.kill()
    return {
        name: {
            'percent of a core': round(100 * took[name] / wall, 2),
            'images per second': round(heard[name] / wall, 2),
            'ms per image': round(1000 * took[name] / max(heard[name], 1), 3),
            'sampled images dropped': dropped.get(name, 0),
        }
        for name in took
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; prints and writes JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--seconds', type=float, default=20.0)
    parser.add_argument('--width', type=int, default=1280)
    parser.add_argument('--height', type=int, default=720)
    parser.add_argument('--rate', type=float, default=30.0)
    parser.add_argument('--domain', default='60', help='ROS_DOMAIN_ID of the run')
    parser.add_argument('--output', type=Path, help='also write the figures to this file')
    chosen = parser.parse_args(argv)
    os.environ |= {
        'ROS_DOMAIN_ID': chosen.domain,
        'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
        'FASTRTPS_DEFAULT_PROFILES_FILE': str(ROOT / 'config' / 'fastdds.xml'),
        'OMP_NUM_THREADS': '1',
        'OPENCV_FOR_THREADS_NUM': '1',
    }
    size = chosen.width, chosen.height
    figures = {
        'size': size,
        'rate': chosen.rate,
        'seconds': chosen.seconds,
        'load of the machine before': os.getloadavg()[0],
        'raw': measure(chosen.seconds, size, chosen.rate, compressed=False),
        'compressed': measure(chosen.seconds, size, chosen.rate, compressed=True),
    }
    text = json.dumps(figures, indent=2)
    print(text)
    if chosen.output:
        chosen.output.write_text(text + '\n')
    return 0


if __name__ == '__main__':
    sys.exit(main())
