# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The result of one of the doctor's checks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """The result of one check.

    Attributes:
        name: what was checked.
        state: 'ok', 'missing' (something will not work) or 'note'.
        found: what there is.
        fix: what to do about it; '' if nothing.
    """

    name: str
    state: str
    found: str
    fix: str = ''
