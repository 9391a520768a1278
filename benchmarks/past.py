# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an embedded model notes for many times its window, and what can be asked about it later.

streamo-tiny watches drawn tables, streamo-objects simulated streams of detections; then the store
is asked when, how often and whether things happened. The truth is that of the worlds.

    python -m benchmarks.past --output benchmarks/past.json
    python -m benchmarks.past --model objects --output benchmarks/past_objects.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from benchmarks import past_detections
from benchmarks import past_table
from benchmarks.past_questions import ask
from benchmarks.past_questions import noted
from benchmarks.past_questions import noted_right
from benchmarks.past_questions import shares
from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.memory.reader import StoreReader
from streamo_ros.share import share_path

WATCHED = {'tiny': past_table, 'objects': past_detections}
"""What each model watches, and the questions about it."""


def main() -> int:
    """Run and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--model', choices=WATCHED, default='tiny')
    parser.add_argument('--worlds', type=int, default=8)
    parser.add_argument('--frames', type=int, default=480, help='frames of a world')
    parser.add_argument('--wrong', action='store_true', help='print the questions that went wrong')
    parser.add_argument('--output', type=Path, default=Path(__file__).with_name('past.json'))
    options = parser.parse_args()
    watched = WATCHED[options.model]
    model, pace, frames = share_path('models', watched.MODEL), watched.PACE, options.frames
    rows, events_noted, events, model_id = [], 0, 0, ''
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(options.worlds):
            backbone = load(model, Options(device='cpu', lanes=watched.LANES))
            model_id = backbone.info.model_id
            folder = Path(scratch) / str(number)
            truth = watched.watch(backbone, folder, number, frames)
            with closing(StoreReader(folder)) as reader:
                events_noted += noted_right(truth, noted(reader, pace), pace)
            events += len(truth)
            rows += ask(folder, watched.questions(truth, number, frames), truth, pace)
    if options.wrong:
        for row in rows:
            if row['in_record'] and not row['right']:
                print(row['kind'], row['question'], row['frames'], row['answer'], sep=' | ')
    report = {
        'model': model_id,
        'worlds': options.worlds,
        'frames': frames,
        'events': events,
        'events_noted': events_noted,
        'questions': shares(rows),
    }
    options.output.write_text(json.dumps(report, indent=1) + '\n')
    print(json.dumps(report, indent=1))
    return 0


if __name__ == '__main__':
    sys.exit(main())
