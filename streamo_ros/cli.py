# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command `streamo VERB`: finds and runs the program of a verb.

A program is imported only when it is asked for, because some load torch and some load rclpy.
"""

from __future__ import annotations

import importlib
import signal
import sys
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError
from streamo_ros.program import exit_at_once_on
from streamo_ros.program import run_program
from streamo_ros.program import silent_interrupt
from streamo_ros.share import PACKAGE
from streamo_ros.version import version


class VerbError(StreamoError):
    """The command line names no verb of ours."""


@dataclass(frozen=True)
class Verb:
    """A program of the package.

    Attributes:
        target: 'module:function'; the function takes the arguments and returns the exit code.
        does: what it is for, for the list of verbs.
        interrupted: exit code when Ctrl-C comes before it has started.
    """

    target: str
    does: str
    interrupted: ExitCode = ExitCode.INTERRUPTED


VERBS = {
    'demo': Verb('streamo_ros.demo.main:main', 'camera, node, live timeline, recording, report'),
    # SIGINT is how launch ends a node: no failure.
    'node': Verb(
        'streamo_ros.node.main:main', 'the ROS 2 node (what ros2 run starts)', ExitCode.OK
    ),
    'replay': Verb('streamo_ros.replay.command:main', 'a bag or video through the same core'),
    # SIGINT is how a user, or launch, ends the page: no failure.
    'live': Verb(
        'streamo_ros.live.command:main',
        'the page: a node or a recording, in a browser',
        ExitCode.OK,
    ),
    'ask': Verb('streamo_ros.replay.ask_command:main', 'a question about the past, offline'),
    'convert': Verb('streamo_ros.training.convert:main', 'annotations to per-second dialogues'),
    'train': Verb('streamo_ros.training.train:main', 'train a checkpoint'),
    'evaluate': Verb('streamo_ros.evaluation.evaluate:main', 'score timing, states and answers'),
    'score': Verb(
        'streamo_ros.evaluation.recordings.score_command:main',
        'a report card of your own recordings',
    ),
    'calibrate': Verb(
        'streamo_ros.evaluation.recordings.calibrate_command:main',
        'thresholds for a wanted rate of false alarms',
    ),
    'benchmark': Verb(
        'streamo_ros.evaluation.benchmarks.command:main',
        "the papers' benchmarks by their own rules",
    ),
    'bench': Verb('streamo_ros.tools.bench:main', 'latency and memory of every stage'),
    'engine': Verb('streamo_ros.tools.engine:main', 'export, build, verify, list engines'),
    'model': Verb('streamo_ros.tools.model:main', 'the embedded models, and what they need'),
    'doctor': Verb('streamo_ros.tools.doctor:main', 'what this machine has, and what is missing'),
}


def usage() -> str:
    """The text of `streamo --help`."""
    lines = [f'  {name:<10}{verb.does}' for name, verb in VERBS.items()]
    return '\n'.join(
        [
            'usage: streamo VERB [ARGUMENT ...]',
            '',
            'Watches a camera and speaks when the event happens that it was asked about.',
            '',
            *lines,
            '',
            '  streamo VERB --help   arguments of a verb',
            '  streamo --version     version of the package',
        ]
    )


def find_program(verb: str) -> Callable[[Sequence[str]], int]:
    """Import the function of a verb."""
    module, _, function = VERBS[verb].target.partition(':')
    with silent_interrupt(VERBS[verb].interrupted):
        program: Callable[[Sequence[str]], int] = getattr(
            importlib.import_module(module), function
        )
    return program


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb.

    Args:
        argv: the arguments, the verb first; None = those of the process.

    Returns:
        The exit code, see `ExitCode`.
    """
    verb, *rest = [*(sys.argv[1:] if argv is None else argv)] or ['']
    if verb in VERBS:
        return run_program(f'streamo {verb}', lambda: find_program(verb)(rest))
    return run_program('streamo', lambda: _answer(verb))


def _answer(verb: str) -> int:
    """Handle what is not a verb."""
    if verb in ('--help', '-h', 'help'):
        print(usage())
    elif verb == '--version':
        print(f'{PACKAGE} {version()}')
    else:
        problem = f'unknown command {verb!r}' if verb else 'a command is missing'
        raise VerbError(f'{problem}: give one of {", ".join(VERBS)}, or --help')
    return ExitCode.OK


def leave(code: int) -> None:
    """End the process; Ctrl-C while Python clears up changes neither the code nor the output.

    Raises:
        SystemExit: always.
    """
    exit_at_once_on([signal.SIGINT], code)
    sys.exit(code)


if __name__ == '__main__':
    leave(main())
