# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The generated part of a page: what stands between two comments."""

from __future__ import annotations


def replace_part(page: str, name: str, content: str) -> str:
    """A page with its generated part made anew.

    Args:
        page: has a line that begins with `<!-- NAME:begin`, which may say more, and later
            `<!-- NAME:end -->`.
        name: of the part.
        content: Markdown.

    Raises:
        ValueError: the page has no such part.
    """
    opening, closing = f'<!-- {name}:begin', f'<!-- {name}:end -->'
    head, begin, rest = page.partition(opening)
    mark, _, behind = rest.partition('\n')
    _, end, tail = behind.partition(closing)
    if not begin or not end:
        raise ValueError(f'the page has no part between {opening} and {closing}')
    return f'{head}{begin}{mark}\n\n{content}\n\n{end}{tail}'
