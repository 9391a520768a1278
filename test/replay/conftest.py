# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The bags that are replayed, made once a session by the script that documents them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / 'scripts' / 'make_test_bags.py'


@pytest.fixture(scope='session')
def bag_maker():
    spec = importlib.util.spec_from_file_location('make_test_bags', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='session')
def bags(bag_maker, tmp_path_factory):
    folder = tmp_path_factory.mktemp('bags')
    bag_maker.make_all(folder)
    return folder
