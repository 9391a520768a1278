# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Everyday templates that are too many for a module; see config/train/wider_words.yaml."""

from __future__ import annotations

from functools import cache

from streamo_ros.documents import load_yaml
from streamo_ros.share import share_path


@cache
def wider_templates() -> dict[str, tuple[str, ...]]:
    """Templates by family, written with `everyday_rules`."""
    path = share_path('config', 'train', 'wider_words.yaml')
    return {
        family: tuple(templates)
        for family, templates in load_yaml(path.read_text(encoding='utf-8')).items()
    }
