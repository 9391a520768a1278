# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Random choices, in the one form that keeps a seed's worlds the same from release to release."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar('Item')


def pick(rng: np.random.Generator, items: Sequence[Item]) -> Item:
    """One of the items, each as likely as the next; takes one integer from the generator."""
    return items[int(rng.integers(len(items)))]
