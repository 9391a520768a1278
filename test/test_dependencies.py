# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever the package imports is declared where pip and rosdep look for it."""

from __future__ import annotations

import ast
import functools
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from packaging.requirements import Requirement

from streamo_ros.packages import EXTRAS
from streamo_ros.packages import REQUIRED

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / 'streamo_ros'
# What a distribution is called where its module is called otherwise.
CALLED = {
    'cv2': 'opencv-python-headless',
    'yaml': 'pyyaml',
    'rerun': 'rerun-sdk',
    'pil': 'pillow',
    'backports': 'backports.zstd',
}
# Part of Python from 3.14 on.
PYTHON = {*sys.stdlib_module_names, 'compression'}
# Used where the machine has them; not among the wheels, and nothing fails without them.
OPTIONAL = {'rosbag2_interfaces', 'triton', 'vllm'}
# Which extras an area may count on; elsewhere what is always installed must do.
AREAS = {
    'backbone': {'torch', 'tensorrt'},
    'demo': {'bag'},
    'evaluation': {'torch', 'bag'},
    'live': {'live', 'bag'},
    'replay': {'bag', 'ray', 'dev'},
    'report': {'bag', 'rerun'},
    'sources': {'bag'},
    'tiny': {'train'},
    'tools': {'torch', 'bag', 'tensorrt', 'ray', 'train'},
    'training': {'train'},
}
ROS_AREAS = {'config', 'node', 'demo', 'tools'}


def imported(file: Path) -> set[str]:
    """Distributions and ROS packages that a file imports anywhere in it."""
    modules: list[str] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules += [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{file}: relative import'
            modules.append(node.module or '')
    tops = {module.partition('.')[0] for module in modules} - PYTHON - {'streamo_ros'}
    return {CALLED.get(top.lower(), top) for top in tops}


@functools.cache
def declared() -> dict[str, list[Requirement]]:
    """The requirements of setup.py by extra; '' holds what is always installed."""
    given: dict[str, Any] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('setuptools.setup', lambda **words: given.update(words))
        runpy.run_path(str(ROOT / 'setup.py'))
    found = {'': given['install_requires'], **given['extras_require']}
    return {extra: [Requirement(line) for line in lines] for extra, lines in found.items()}


def names(extras: set[str]) -> set[str]:
    return {one.name for extra in extras for one in declared()[extra]}


def area(file: Path) -> str:
    return file.relative_to(SOURCE).parts[0].removesuffix('.py')


def ros_packages() -> set[str]:
    root = ET.parse(ROOT / 'package.xml').getroot()
    return {element.text or '' for element in root if element.tag.endswith('depend')}


@pytest.mark.parametrize('name', sorted({area(file) for file in SOURCE.rglob('*.py')}))
def test_area_imports_only_what_its_extras_bring(name):
    known = names({'', *AREAS.get(name, ())}) | OPTIONAL
    known |= ros_packages() if name in ROS_AREAS else set()
    missing = {
        f'{file.relative_to(ROOT)}: {one}'
        for file in SOURCE.rglob('*.py')
        if area(file) == name
        for one in imported(file)
        if one not in known
    }
    assert not missing, f'declare in setup.py or package.xml: {sorted(missing)}'


def test_launch_files_import_what_the_manifest_names():
    known = ros_packages() | names({''})
    files = sorted((ROOT / 'launch').glob('*.py'))
    assert files
    assert [one for file in files for one in imported(file) - known] == []


def test_every_declared_distribution_is_used():
    brought = {'pytest', 'hypothesis', 'mypy', 'ruff', 'tensorrt', 'onnxscript', 'accelerate'}
    used = {one for file in SOURCE.rglob('*.py') for one in imported(file)}
    assert names(set(declared())) - used - brought == set()


def pins() -> Iterator[Requirement]:
    for file in sorted((ROOT / 'requirements').glob('*.txt')):
        if not file.name.startswith('ros-'):
            for line in file.read_text().splitlines():
                if text := re.sub(r'(^|\s)#.*', '', line).strip():
                    yield Requirement(text)


def test_versions_for_development_are_versions_that_setup_allows():
    allowed = {one.name: one.specifier for group in declared().values() for one in group}
    checked = set()
    for pin in pins():
        (version,) = [one.version for one in pin.specifier]
        if pin.name in allowed:
            checked.add(pin.name)
            assert version in allowed[pin.name], f'{pin} is not {allowed[pin.name]}'
    assert {'numpy', 'torch', 'transformers', 'rosbags', 'ray', 'pytest'} <= checked


def test_pre_commit_runs_the_ruff_that_make_lint_runs():
    (ruff,) = [pin for pin in pins() if pin.name == 'ruff']
    text = (ROOT / '.pre-commit-config.yaml').read_text()
    assert f'rev: v{str(ruff.specifier).removeprefix("==")} ' in text


def test_the_commands_that_bring_what_is_missing_ask_for_the_declared_versions() -> None:
    for extra, modules in EXTRAS.items():
        asked = {str(Requirement(line)) for line in modules.values()}
        assert asked <= {str(line) for line in declared()[extra]}, extra
    assert {str(Requirement(line)) for line in REQUIRED.values()} <= {
        str(line) for line in declared()['']
    }
