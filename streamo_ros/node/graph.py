# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Joins the ROS graph, or says in one sentence why that is not possible."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import Any

import rclpy
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy

from streamo_ros.core.errors import one_line
from streamo_ros.core.errors import StreamoError

LAST_DOMAIN = 232
"""Ports are numbered by domain; those of higher ones do not exist."""


class GraphError(StreamoError):
    """ROS refuses an argument or the environment; the message is its own where it has one."""


def join_graph(arguments: Sequence[str], **options: Any) -> None:
    """`rclpy.init`.

    Args:
        arguments: of the process, its name first.
        options: of `rclpy.init`.

    Raises:
        GraphError: an argument for ROS is wrong, or a variable of the environment.
    """
    check_domain(os.environ.get('ROS_DOMAIN_ID', ''))
    try:
        rclpy.init(args=[*arguments], **options)
    except _rclpy.RCLError as error:
        raise refused(error) from error


def check_domain(domain: str) -> None:
    """Refuse a domain without ports, with which Fast DDS ends the process without a sentence.

    Args:
        domain: the value of ROS_DOMAIN_ID; '' = not set.

    Raises:
        GraphError: it is no number, or too large.
    """
    if domain and not (re.fullmatch(r'\d+', domain, re.ASCII) and int(domain) <= LAST_DOMAIN):
        raise GraphError(f'ROS_DOMAIN_ID is {domain!r}: give a number from 0 to {LAST_DOMAIN}')


def refused(error: Exception) -> GraphError:
    """The refusal with rcl's own sentence, without the places in its sources that it names."""
    sentence = one_line(error).partition('. Error: ')[0]
    return GraphError(re.sub(r'(, at \S+:\d+)+$', '', sentence))
