# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The version is the manifest's, wherever the package lies."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from streamo_ros import share
from streamo_ros import version as module

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = '<package><name>{}</name><version>{}</version></package>'


@pytest.fixture
def placed(tmp_path, monkeypatch):
    """Let the module lie in an installation without any manifest near it."""
    folder = tmp_path / 'prefix' / 'lib' / 'python3.12' / 'site-packages' / 'streamo_ros'
    monkeypatch.setattr(share, '__file__', str(folder / 'share.py'))
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    return tmp_path / 'prefix'


def test_source_tree_has_the_version_of_its_manifest():
    assert module.version() == ET.parse(ROOT / 'package.xml').getroot().findtext('version')


def test_installation_has_the_version_of_its_share_and_not_of_a_package_around_it(placed):
    (placed / 'package.xml').parent.mkdir(parents=True)
    (placed / 'package.xml').write_text(MANIFEST.format('another', '9.9.9'))
    share = placed / 'share' / 'streamo_ros'
    share.mkdir(parents=True)
    (share / 'package.xml').write_text(MANIFEST.format('streamo_ros', '4.5.6'))
    assert module.version() == '4.5.6'


def test_without_a_manifest_pip_is_asked_and_then_it_is_unknown(placed, monkeypatch):
    monkeypatch.setattr(module.metadata, 'version', {'streamo_ros': '7.8.9'}.__getitem__)
    assert module.version() == '7.8.9'

    def absent(name):
        raise module.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(module.metadata, 'version', absent)
    assert module.version() == 'unknown'
