# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Reads user-supplied phrasings of instructions for the drawn worlds."""

from __future__ import annotations

from pathlib import Path

import yaml

from streamo_ros.core.errors import one_line
from streamo_ros.documents import load_yaml
from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import PHRASES
from streamo_ros.worlds.phrasing import Phrasings

_FILLED = {'a': 'a', 'c': 'red', 's': 'ball'}


def read_phrasings(path: Path) -> Phrasings:
    """Read phrasings by family from a YAML file such as config/evaluate/strangers.yaml.

    Raises:
        EvaluationError: the file or a phrasing in it is invalid.
        OSError: the file cannot be read.
    """
    try:
        phrasings = load_yaml(path.read_text(encoding='utf-8'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EvaluationError(f'{path} is not valid YAML: {one_line(error)}') from error
    if not isinstance(phrasings, dict) or not phrasings:
        raise EvaluationError(
            f'{path} must contain lists of phrasings by family: {", ".join(FAMILIES)}'
        )
    for family, texts in phrasings.items():
        if family not in FAMILIES:
            raise EvaluationError(
                f'{path}: unknown family {family!r}: choose from {", ".join(FAMILIES)}'
            )
        if not isinstance(texts, list) or not texts:
            raise EvaluationError(f'{path}: {family} must be a list of phrasings')
        for text in texts:
            _check(path, family, text)
    return {family: tuple(texts) for family, texts in phrasings.items()}


def _check(path: Path, family: str, text: object) -> None:
    try:
        instruction = text.format(**_FILLED).strip() if isinstance(text, str) else ''
    except (LookupError, ValueError, AttributeError):
        instruction = ''
    needed = [
        field for field in ('{c}', '{s}') if all(field in phrase for phrase in PHRASES[family])
    ]
    if not instruction or not all(field in str(text) for field in needed):
        also = f' and use {" ".join(needed)} in {family}' if needed else ''
        raise EvaluationError(
            f'{path}: {family}: {text!r} is not a phrasing: write text with '
            f'{{a}}, {{c}} and {{s}} for article, color and shape{also}'
        )
