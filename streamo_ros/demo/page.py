# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo's page: where it is, and a browser for it where there is a screen."""

from __future__ import annotations

import os
import re
import threading
import time
import webbrowser
from collections.abc import Mapping

from streamo_ros.demo.processes import Process

PAGE = ('-m', 'streamo_ros.cli', 'live')
PATIENCE = 10.0
"""Seconds that the page may take to listen; the demo does not depend on it."""


def show_page(page: Process, environment: Mapping[str, str] = os.environ) -> str:
    """Open the page where there is a screen.

    Args:
        page: its process.
        environment: says whether there is a screen.

    Returns:
        Where it is, or why it is not there, in one line.
    """
    address = _address(page)
    if not address:
        return f'no page: {page.reason()}'
    if environment.get('DISPLAY') or environment.get('WAYLAND_DISPLAY'):
        # A browser may take long to come, and the camera must not wait for it.
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    return f'page: {address}'


def _address(page: Process) -> str:
    """What it says that its address is; '' when it does not."""
    end = time.monotonic() + PATIENCE
    while not page.ended and time.monotonic() < end:
        match = re.search(r'^page: (http://\S+)$', page.log.read_text(errors='replace'), re.M)
        if match:
            return match[1]
        time.sleep(0.1)
    return ''
