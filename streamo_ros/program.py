# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Runs the main function of a program: errors become one sentence and an exit code.

What is a fault of ours, and not of the input, keeps its traceback.
"""

from __future__ import annotations

import argparse
import io
import os
import signal
import sys
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError
from streamo_ros.packages import describe_missing


class CommandParser(argparse.ArgumentParser):
    """A parser for a program of ours: options are written out, and the description stays as it is.

    An abbreviation would be taken for another option than the one that was meant, without a word.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        settings.setdefault('formatter_class', argparse.RawDescriptionHelpFormatter)
        settings['allow_abbrev'] = False
        super().__init__(*args, **settings)


def run_program(name: str, main: Callable[[], int]) -> int:
    """Run a program.

    Args:
        name: printed before an error, e.g. 'streamo replay'.
        main: does the work and returns the exit code.

    Returns:
        The exit code: that of `main`, or of the error that ended it.
    """
    _allow_any_character()
    try:
        return _run(name, main)
    except KeyboardInterrupt:
        # Also one that comes while an error is being printed.
        return ExitCode.INTERRUPTED


def _run(name: str, main: Callable[[], int]) -> int:
    try:
        return main()
    except BrokenPipeError:
        # The reader of our output is gone; another complaint at exit would only add noise.
        sys.stderr.close()
        return ExitCode.FAILED
    except StreamoError as error:
        return _fail(name, str(error), error.exit_code)
    except ModuleNotFoundError as error:
        sentence = describe_missing(error.name or '')
        if not sentence:
            raise
        return _fail(name, sentence)
    except OSError as error:
        if error.errno is None:
            raise
        file = f'{error.filename}: ' if error.filename else ''
        return _fail(name, f'{file}{error.strerror or error}')


@contextmanager
def silent_interrupt(code: int = ExitCode.INTERRUPTED) -> Iterator[None]:
    """Within the block, Ctrl-C ends the process at once and without a word.

    For the imports at the start, which take seconds: a KeyboardInterrupt raised inside an import
    may be swallowed there, or come out as an ImportError. Where the code is `ExitCode.OK`, being
    ended is no failure, and SIGTERM is treated alike.

    Args:
        code: the exit code.
    """
    signals = (signal.SIGINT, signal.SIGTERM) if code == ExitCode.OK else (signal.SIGINT,)
    before = exit_at_once_on(signals, code)
    try:
        yield
    finally:
        for number, handler in before.items():
            # A launcher script of ours lets SIGINT end it without a traceback until here.
            plain = handler in (signal.SIG_DFL, signal.default_int_handler)
            ours = number == signal.SIGINT and plain
            signal.signal(number, interrupt if ours else handler)


def interrupt(_number: int, frame: FrameType | None) -> None:
    """The handler of Ctrl-C while a program runs: raises KeyboardInterrupt.

    Some modules are only imported when they are needed. Within an import, it ends the process at
    once, for the same reasons as `silent_interrupt`.

    Raises:
        KeyboardInterrupt: outside imports.
    """
    if importing(frame):
        os._exit(ExitCode.INTERRUPTED)
    raise KeyboardInterrupt


def importing(frame: FrameType | None) -> bool:
    """Whether a frame of the stack belongs to an import."""
    while frame is not None:
        if frame.f_code.co_filename.startswith('<frozen importlib'):
            return True
        frame = frame.f_back
    return False


def exit_at_once_on(signals: Sequence[signal.Signals], code: int) -> dict[signal.Signals, Any]:
    """Let signals end the process at once, without Python's own teardown.

    Args:
        signals: which; one that the caller of this process lets it ignore, as a shell does for a
            job in the background, stays ignored.
        code: the exit code.

    Returns:
        The handlers that were replaced, by signal.
    """
    before = {number: signal.getsignal(number) for number in signals}
    before = {number: old for number, old in before.items() if old is not signal.SIG_IGN}
    for number in before:
        signal.signal(number, lambda *_: os._exit(code))
    return before


def escape(text: str) -> str:
    """Text on one line, with escapes for what a terminal would obey or could not show.

    Names of files may hold line breaks, control sequences and bytes that are no text.
    """
    return ''.join(
        char if char.isprintable() else char.encode('unicode_escape').decode() for char in text
    )


def _allow_any_character() -> None:
    """Escape what the terminal's encoding, or any encoding, lacks, instead of failing on it.

    Names of files on Linux are bytes, and need not be text.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')


def _fail(name: str, sentence: str, code: ExitCode = ExitCode.BAD_INPUT) -> int:
    print(f'{name}: {escape(sentence)}', file=sys.stderr)
    return code
