# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a library complains of, as a part of one sentence."""

from __future__ import annotations

import pytest
import yaml

from streamo_ros.core.errors import one_line


def test_an_error_of_many_lines_is_told_on_one() -> None:
    with pytest.raises(yaml.YAMLError) as caught:
        yaml.safe_load('a: [')
    assert one_line(caught.value) == (
        "expected the node content, but found '<stream end>', line 1, column 5"
    )


def test_what_is_missing_and_what_says_nothing() -> None:
    assert one_line(KeyError('say')) == 'say is missing'
    assert one_line(ValueError()) == 'ValueError'
