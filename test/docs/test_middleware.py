# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The configuration files of both middlewares, and what the page says about them, belong together.

Fast DDS reads its file in test_package.py. Cyclone DDS is not installed where tests run: its file
is held against the names in its configuration reference.
"""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
CYCLONE = ROOT / 'config' / 'cyclonedds.xml'
PAGE = (ROOT / 'docs' / 'robot.md').read_text()
NAMESPACE = '{https://cdds.io/config}'
# From the configuration reference of Cyclone DDS 0.9 (Humble) to 0.10 (Jazzy).
REFERENCE = {
    'CycloneDDS': set(),
    'CycloneDDS/Domain': {'Id'},
    'CycloneDDS/Domain/Internal': set(),
    # `max` is younger; an unknown attribute is a fatal error.
    'CycloneDDS/Domain/Internal/SocketReceiveBufferSize': {'min'},
}
UNITS = {'kB': 1024, 'MB': 1024**2, 'GB': 1024**3}


def elements(element: ET.Element, above: str = '') -> dict[str, ET.Element]:
    path = f'{above}{element.tag.removeprefix(NAMESPACE)}'
    found = {path: element}
    for child in element:
        found |= elements(child, f'{path}/')
    return found


def size(text: str) -> int:
    number, unit = re.fullmatch(r'(\d+)\s*([kMG]B)', text).groups()
    return int(number) * UNITS[unit]


def setting(name: str, text: str) -> int:
    (value,) = set(re.findall(rf'{re.escape(name)}=(\d+)', text))
    return int(value)


def test_cyclone_knows_every_element_and_attribute_of_its_file() -> None:
    found = elements(ET.parse(CYCLONE).getroot())

    assert set(found) <= set(REFERENCE)
    for path, element in found.items():
        assert set(element.attrib) <= REFERENCE[path], path
    assert found['CycloneDDS/Domain'].get('Id') == 'any'


def test_the_kernel_allows_the_buffer_that_cyclone_asks_for() -> None:
    """Cyclone refuses to start otherwise."""
    found = elements(ET.parse(CYCLONE).getroot())
    wanted = size(found['CycloneDDS/Domain/Internal/SocketReceiveBufferSize'].get('min'))

    assert wanted >= 1920 * 1080 * 3  # at least one large image
    assert setting('net.core.rmem_max', PAGE) >= wanted


@pytest.mark.parametrize('name', ['net.core.rmem_max', 'net.ipv4.ipfrag_high_thresh'])
def test_page_and_file_give_the_same_settings(name: str) -> None:
    assert setting(name, PAGE) == setting(name, CYCLONE.read_text())


@pytest.mark.parametrize(
    ('variable', 'file'),
    [
        ('FASTRTPS_DEFAULT_PROFILES_FILE', 'fastdds.xml'),
        ('CYCLONEDDS_URI', 'cyclonedds.xml'),
    ],
)
def test_each_middleware_is_told_of_its_file(variable: str, file: str) -> None:
    (value,) = re.findall(rf'export {variable}=(.*?\.xml)', PAGE)

    assert value.endswith(f'/share/streamo_ros/config/{file}')
    assert value.startswith('file://') == (variable == 'CYCLONEDDS_URI')
    assert (ROOT / 'config' / file).is_file()
