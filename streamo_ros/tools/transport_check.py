# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether large images get from one ROS 2 node to another on this machine."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

from streamo_ros.share import share_path
from streamo_ros.tools.check import Check

DEFAULT_RMW = 'rmw_fastrtps_cpp'
"""What every supported distribution loads where it is installed and nothing else is asked for."""
BUFFERS = {'rmw_cyclonedds_cpp': 10 << 20}
"""Bytes of the kernel's receive buffer that an RMW needs for images, where not 4 MiB."""


def check_transport() -> list[Check]:
    """Whether large images get through; the advice depends on the RMW."""
    fast = 'fastrtps' in find_rmw()
    findings = [*(_shared_memory() if fast else ()), *_buffers()]
    if fast and not os.environ.get('FASTRTPS_DEFAULT_PROFILES_FILE'):
        findings.append(
            Check(
                'Fast DDS profile',
                'note',
                'none is set: large images may be lost',
                f'export FASTRTPS_DEFAULT_PROFILES_FILE={share_path("config", "fastdds.xml")}',
            )
        )
    if 'cyclonedds' in find_rmw() and not os.environ.get('CYCLONEDDS_URI'):
        findings.append(
            Check(
                'Cyclone DDS configuration',
                'note',
                'none is set: large images may be lost',
                f'export CYCLONEDDS_URI=file://{share_path("config", "cyclonedds.xml")}',
            )
        )
    return findings or [Check('transport', 'ok', 'buffers and configuration are set')]


def _shared_memory() -> list[Check]:
    if shutil.disk_usage('/dev/shm').free >= 128 << 20:  # noqa: S108 - Fast DDS's segments
        return []
    return [
        Check('shared memory', 'note', 'less than 128 MiB are free', 'docker run --shm-size=512m')
    ]


def _buffers() -> list[Check]:
    path = Path('/proc/sys/net/core/rmem_max')
    size = int(path.read_text()) if path.exists() else 0
    wanted = BUFFERS.get(find_rmw(), 4 << 20)
    if size >= wanted:
        return []
    return [
        Check(
            'UDP buffers',
            'note',
            f'at most {size // 1024} KiB: images from other machines will be lost',
            f'sudo sysctl -w net.core.rmem_max={wanted}',
        )
    ]


def find_rmw() -> str:
    """The RMW implementation that ROS 2 will load, e.g. 'rmw_fastrtps_cpp'; '' for none."""
    named = os.environ.get('RMW_IMPLEMENTATION')
    if named or importlib.util.find_spec('ament_index_python') is None:
        return named or ''
    from ament_index_python import get_resources

    installed = sorted(set(get_resources('rmw_typesupport')) - {'rmw_implementation'})
    return DEFAULT_RMW if DEFAULT_RMW in installed else next(iter(installed), '')
