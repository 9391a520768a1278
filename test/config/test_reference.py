# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The generated pages are those of this code."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamo_ros.config.reference import interfaces_page
from streamo_ros.config.reference import parameters_page

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


def test_readme_leaves_the_tables_to_the_pages_and_links_to_them() -> None:
    text = (DOCS.parent / 'README.md').read_text()
    assert '| parameter |' not in text
    assert '](docs/parameters.md)' in text
    assert '](docs/interfaces.md)' in text
