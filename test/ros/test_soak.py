# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Twelve hours at 1 Hz in minutes: nothing grows. Run by `make soak`; writes out/soak.json."""

from __future__ import annotations

import json
import os
import random
import statistics
import time
from pathlib import Path

import pytest
from streamo_ros.msg import FrameState
from streamo_ros.srv import CancelInstruction

FRAMES = int(os.environ.get('SOAK_FRAMES', '43200'))
AHEAD = 16
TEXTS = ('the kettle', 'nothing', 'a kettle', 'the door', 'another thing')


@pytest.mark.slow
def test_twelve_hours(start, peer, wait_for, tmp_path) -> None:
    journal = tmp_path / 'journal.sqlite'
    node = start(
        journal__path=journal,
        sampling__queue=64,
        publish__response_delta=False,
        **{
            'qos_overrides./image.subscription.reliability': 'reliable',
            'qos_overrides./image.subscription.depth': 100,
        },
    )
    seen: dict[int, float] = {}
    unknown: dict[int, int] = {}

    def hear(message: FrameState) -> None:
        seen[message.header.stamp.sec] = message.latency
        if message.unknown_reason > FrameState.REASON_NO_INSTRUCTION:
            unknown[message.unknown_reason] = unknown.get(message.unknown_reason, 0) + 1

    peer.node.create_subscription(FrameState, '/streamo/frame_state', hear, 1000)
    camera = peer.camera(depth=100).matched()
    chance, standing, rows = random.Random(12), [], []
    changes = done = 0
    camera.until(lambda: seen, 1000)
    began = time.monotonic()
    for number in range(1, FRAMES):
        camera.show(1000 + number)
        while number - (max(seen) - 1000) > AHEAD:
            time.sleep(0.001)
        if chance.random() < 1 / 100:
            changes += 1
            if len(standing) == 8 or (standing and chance.random() < 0.45):
                key = standing.pop(chance.randrange(len(standing)))
                peer.call('~/cancel_instruction', CancelInstruction, instruction_id=key)
            else:
                standing.append(peer.instruct(chance.choice(TEXTS)).instruction_id)
        if number % (FRAMES // 40) == 0:
            latencies = [seen[key] for key in list(seen) if key > 1000 + done]
            rows.append(
                {
                    'frames': number,
                    'memory (MB)': round(node.memory() / 1e6, 2),
                    'threads': node.threads(),
                    'standing': len(standing),
                    'median latency (ms)': round(1000 * statistics.median(latencies), 3),
                    'journal (bytes)': sum(
                        one.stat().st_size for one in tmp_path.glob('journal*')
                    ),
                    'log (bytes)': node.log.stat().st_size,
                }
            )
            done = number
            for old in [key for key in seen if key < 900 + number]:
                seen.pop(old)
    wait_for(lambda: max(seen) == 1000 + FRAMES - 1)
    report = {
        'frames': FRAMES,
        'seconds': round(time.monotonic() - began, 1),
        'changes': changes,
        'undecided states by reason': unknown,
        'rows': rows,
    }
    Path('out').mkdir(exist_ok=True)
    Path('out/soak.json').write_text(json.dumps(report, indent=1) + '\n')
    settled, last = rows[len(rows) // 5], rows[-1]
    assert last['memory (MB)'] < settled['memory (MB)'] + 8
    assert {row['threads'] for row in rows[2:]} == {settled['threads']}
    assert max(row['journal (bytes)'] for row in rows) < 8_000_000
    assert last['log (bytes)'] < 20_000
    half = len(rows) // 2
    early = statistics.median(row['median latency (ms)'] for row in rows[half // 2 : half])
    late = statistics.median(row['median latency (ms)'] for row in rows[half:])
    assert late < 3 * early + 5, 'later frames are decided as fast as early ones'
    assert node.stop()[0] == 0
