# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures that only tests of sources use: small videos made by the script that documents them."""

from __future__ import annotations

import pytest


@pytest.fixture(scope='session')
def maker(dev_script):
    return dev_script('make_test_videos')


@pytest.fixture(scope='session')
def videos(maker, tmp_path_factory):
    folder = tmp_path_factory.mktemp('videos')
    maker.make_all(folder)
    return folder
