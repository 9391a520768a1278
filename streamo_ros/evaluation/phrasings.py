# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Instructions of a user's own for the drawn worlds: how well are my words understood?

Knows the file's form. What a family is, is the worlds' own.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from streamo_ros.evaluation.case import EvaluationError
from streamo_ros.worlds.phrasing import FAMILIES
from streamo_ros.worlds.phrasing import PHRASES
from streamo_ros.worlds.phrasing import Phrasings

_FILLED = {'a': 'a', 'c': 'red', 's': 'ball'}


def read_phrasings(path: Path) -> Phrasings:
    """Phrasings of each family out of a YAML file, as config/evaluate/phrasings.yaml.

    Raises:
        EvaluationError: the file or a phrasing in it is not of this form.
        OSError: the file cannot be read.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding='utf-8'))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise EvaluationError(f'{path} is no YAML: {" ".join(str(error).split())}') from error
    if not isinstance(found, dict) or not found:
        raise EvaluationError(
            f'{path} must hold lists of phrasings by family: {", ".join(FAMILIES)}'
        )
    for family, texts in found.items():
        if family not in FAMILIES:
            raise EvaluationError(
                f'{path}: there is no family {family!r}: choose from {", ".join(FAMILIES)}'
            )
        if not isinstance(texts, list) or not texts:
            raise EvaluationError(f'{path}: {family} must be a list of phrasings')
        for text in texts:
            _check(path, family, text)
    return {family: tuple(texts) for family, texts in found.items()}


def _check(path: Path, family: str, text: object) -> None:
    try:
        said = text.format(**_FILLED).strip() if isinstance(text, str) else ''
    except (LookupError, ValueError, AttributeError):
        said = ''
    needed = [one for one in ('{c}', '{s}') if all(one in each for each in PHRASES[family])]
    if not said or not all(one in str(text) for one in needed):
        also = f' and name {" ".join(needed)} in {family}' if needed else ''
        raise EvaluationError(
            f'{path}: {family}: {text!r} is no phrasing: write a text with '
            f'{{a}}, {{c}} and {{s}} for article, colour and shape{also}'
        )
