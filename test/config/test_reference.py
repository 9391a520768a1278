# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The generated pages are those of this code."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamo_ros.config.reference import interfaces_page
from streamo_ros.config.reference import parameters_page
from streamo_ros.config.reference import readme

DOCS = Path(__file__).parents[2] / 'docs'


@pytest.mark.parametrize(
    ('name', 'page'),
    [
        ('parameters.md', parameters_page),
        ('interfaces.md', interfaces_page),
    ],
)
def test_the_page_is_up_to_date(name: str, page) -> None:
    assert (DOCS / name).read_text() == page(), (
        'run: .venv/bin/python -m streamo_ros.config.reference docs'
    )


def test_the_tables_of_the_readme_are_up_to_date() -> None:
    text = (DOCS.parent / 'README.md').read_text()
    assert text == readme(text), 'run: .venv/bin/python -m streamo_ros.config.reference docs'
