# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The base class of our errors, and the exit codes of our programs."""

from __future__ import annotations

import enum
from typing import ClassVar


class ExitCode(enum.IntEnum):
    """How a program of ours ends."""

    OK = 0
    """Everything came out as wanted."""
    FAILED = 1
    """It ran, and the result is not the wanted one: a golden file differs, a check failed."""
    BAD_INPUT = 2
    """It could not run as asked: an argument, a parameter, a file or a package is at fault."""
    HUNG = 3
    """The node's model hung or could not be recovered."""
    INTERRUPTED = 130
    """Ctrl-C; what shells report for a program that SIGINT ended."""


class StreamoError(Exception):
    """An error whose message is one sentence for the user: the problem and how to fix it.

    Attributes:
        exit_code: how a program ends that does not handle the error.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BAD_INPUT


def one_line(error: Exception) -> str:
    """What an error of a library says, on one line, for a sentence of ours."""
    if isinstance(error, KeyError) and error.args:
        return f'{error.args[0]} is missing'
    if isinstance(error, UnicodeDecodeError):
        return 'it is not text in UTF-8'
    if isinstance(error, OSError) and error.strerror:
        return error.strerror  # the sentence names the file
    text, mark = str(error), getattr(error, 'problem_mark', None)
    if mark is not None:
        # YAML's own sentence quotes the line, over several lines.
        text = f'{getattr(error, "problem", "")}, line {mark.line + 1}, column {mark.column + 1}'
    return ' '.join(text.split()) or type(error).__name__
