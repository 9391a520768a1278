# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The command `streamo VERB`: finds a verb's program, runs it, turns its errors into one line.

Knows the names of the programs and nothing of what they do; each is imported only when it is asked
for, because some load torch and some load rclpy.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from collections.abc import Sequence
from dataclasses import dataclass

from streamo_ros.version import PACKAGE
from streamo_ros.version import version

# What the shell expects of a program that Ctrl-C ended.
INTERRUPTED = 130


@dataclass(frozen=True)
class Verb:
    """A program of the package.

    Attributes:
        target: 'module:function'; the function takes the arguments and returns the exit code.
        does: what it is for, for the list of verbs.
    """

    target: str
    does: str


VERBS = {
    'demo': Verb('streamo_ros.demo.main:main', 'camera, node, live timeline, recording, report'),
    'node': Verb('streamo_ros.node.main:main', 'the ROS 2 node (what ros2 run starts)'),
    'replay': Verb('streamo_ros.replay.command:main', 'a bag or video through the same core'),
    'convert': Verb('streamo_ros.training.convert:main', 'annotations to per-second dialogues'),
    'train': Verb('streamo_ros.training.train:main', 'train a checkpoint'),
    'evaluate': Verb('streamo_ros.evaluation.evaluate:main', 'score timing, states and answers'),
    'bench': Verb('streamo_ros.tools.bench:main', 'latency and memory of every stage'),
    'engine': Verb('streamo_ros.tools.engine:main', 'export, build, verify, list engines'),
    'doctor': Verb('streamo_ros.tools.doctor:main', 'what this machine has, and what is missing'),
}


def usage() -> str:
    """The list of verbs."""
    lines = [f'  {name:<10}{verb.does}' for name, verb in VERBS.items()]
    return '\n'.join(
        [
            'usage: streamo VERB [ARGUMENT ...]',
            '',
            'Watches a camera for what was asked in words.',
            '',
            *lines,
            '',
            '  streamo VERB --help   what a verb takes',
            '  streamo --version     version of the package',
        ]
    )


def program(verb: str) -> Callable[[Sequence[str]], int]:
    """Import a verb's function."""
    module, _, function = VERBS[verb].target.partition(':')
    found: Callable[[Sequence[str]], int] = getattr(importlib.import_module(module), function)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb.

    Returns:
        Its exit code; 2 for a wrong command line or an error of ours, 130 for Ctrl-C.
    """
    verb, *rest = [*(sys.argv[1:] if argv is None else argv)] or ['']
    if verb in ('--help', '-h', 'help'):
        print(usage())
        return 0
    if verb == '--version':
        print(f'{PACKAGE} {version()}')
        return 0
    if verb not in VERBS:
        what = f'{verb!r} is no verb of streamo' if verb else 'a verb is missing'
        return _fail(f'{what}: give one of {", ".join(VERBS)}, or --help')
    try:
        return program(verb)(rest)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Who read our output has gone; a second complaint at exit would only add noise.
        sys.stderr.close()
        return 1
    except ImportError as error:
        if _is_ours(error):
            raise
        return _fail(f'{verb} needs the Python package {error.name}: run `streamo doctor`')
    except Exception as error:
        if not _is_own(error):
            raise
        return _fail(str(error))


def _is_own(error: Exception) -> bool:
    """Whether the error is of one of our classes: a sentence for the user, not a fault of ours."""
    return type(error).__module__.partition('.')[0] == PACKAGE


def _is_ours(error: ImportError) -> bool:
    """Whether a module of ours, or a name in it, is what is missing."""
    return not isinstance(error, ModuleNotFoundError) or (
        (error.name or '').partition('.')[0] == PACKAGE
    )


def _fail(sentence: str) -> int:
    print(f'streamo: {sentence}', file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main())
