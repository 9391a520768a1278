# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether Triton, which is optional, is installed."""

from __future__ import annotations

from functools import cache


@cache
def missing_triton() -> str | None:
    """Why Triton cannot be imported; None if it can."""
    try:
        import triton  # noqa: F401
    except ImportError as error:
        return str(error)
    return None
