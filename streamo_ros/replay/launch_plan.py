# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What replay.launch.py must know before it starts anything, as one line of JSON.

A process of its own, because `ros2 launch` runs under the system's Python, which cannot read
recordings when their libraries are installed in a virtual environment.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing

import yaml

from streamo_ros.core.errors import StreamoError
from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.documents import load_yaml
from streamo_ros.program import run_program
from streamo_ros.sources.base import Source
from streamo_ros.sources.open import open_source


class PlanError(StreamoError, ValueError):
    """The launch arguments do not fit together; the message says how to fix them."""


def image_transport(source: Source) -> str:
    """The node's `image_transport` for the messages that the player makes of a recording."""
    # Imported here: reading bags needs a library that other sources do without.
    from streamo_ros.sources.bag import publishes_compressed

    return 'compressed' if publishes_compressed(source) else 'raw'


def parse_instructions(text: str, mode: str) -> list[str]:
    """The launch argument `instructions`.

    Args:
        text: a YAML list of texts; '' = none.
        mode: 'lockstep' keeps TEXT@SECONDS; 'rate' allows no second but 0.

    Raises:
        PlanError: it is no such list, or one begins at a second that `mode` cannot keep.
    """
    try:
        texts = load_yaml(text) or []
    except yaml.YAMLError:
        texts = None
    if not isinstance(texts, list) or not all(isinstance(item, str) for item in texts):
        raise PlanError(
            f'instructions:={text} is not a list of texts: write "[\'Tell me when ...\']"'
        )
    if mode == 'lockstep':
        return texts
    timed = [TimedInstruction.parse(item) for item in texts]
    for item in timed:
        if item.seconds:
            raise PlanError(
                f'{item.text!r} begins at a second, which only mode:=lockstep can keep: '
                'leave @SECONDS out'
            )
    return [item.text for item in timed]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the plan.

    Returns:
        0, or 2 when the recording or an argument is refused; the last line of stderr says why.
    """
    parser = argparse.ArgumentParser(
        prog='python3 -m streamo_ros.replay.launch_plan', description=__doc__
    )
    parser.add_argument('--bag', required=True, help='bag, video or folder of images')
    parser.add_argument('--source-topic', default='', help='image topic of the bag')
    parser.add_argument('--mode', choices=('lockstep', 'rate'), default='lockstep')
    parser.add_argument('--instructions', default='', help='YAML list of texts')
    options = parser.parse_args(argv)
    return run_program('replay', lambda: _print_plan(options))


def _print_plan(options: argparse.Namespace) -> int:
    with closing(open_source(options.bag, options.source_topic)) as source:
        transport = image_transport(source)
    instructions = parse_instructions(options.instructions, options.mode)
    print(json.dumps({'image_transport': transport, 'instructions': instructions}))
    return 0


if __name__ == '__main__':
    sys.exit(main())
