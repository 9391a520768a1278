# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures that only tests of sources use: small videos made by the script that documents them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

VIDEO_SCRIPT = Path(__file__).parents[2] / 'dev' / 'make_test_videos.py'


@pytest.fixture(scope='session')
def maker():
    spec = importlib.util.spec_from_file_location('make_test_videos', VIDEO_SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='session')
def videos(maker, tmp_path_factory):
    folder = tmp_path_factory.mktemp('videos')
    maker.make_all(folder)
    return folder
