# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The package as ROS, pip and a fresh process see it."""

from __future__ import annotations

import ast
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ET.parse(ROOT / 'package.xml').getroot()
CMAKE = (ROOT / 'CMakeLists.txt').read_text()


def fresh(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a new process far from the source tree."""
    return subprocess.run(
        [sys.executable, '-c', code],
        cwd='/',
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def cmake_list(opening: str) -> list[str]:
    """Return the words of the first CMake call that begins like this."""
    match = re.search(re.escape(opening) + r'([^)]*)\)', CMAKE)
    assert match, f'no {opening} in CMakeLists.txt'
    return match.group(1).split()


def test_manifest_is_format_3_and_names_what_cmake_finds() -> None:
    keys = {element.text for element in MANIFEST if element.tag.endswith('depend')}
    found = set(re.findall(r'find_package\((\w+)', CMAKE))

    assert MANIFEST.get('format') == '3'
    assert MANIFEST.findtext('name') == 'streamo_ros'
    assert MANIFEST.findtext('export/build_type') == 'ament_cmake'
    assert MANIFEST.findtext('member_of_group') == 'rosidl_interface_packages'
    assert found <= keys


def test_colcon_recognises_the_package() -> None:
    parsing = pytest.importorskip('catkin_pkg.package')

    package = parsing.parse_package(str(ROOT / 'package.xml'))

    package.validate()
    assert package.get_build_type() == 'ament_cmake'
    assert {url.type for url in package.urls} == {'website', 'bugtracker', 'repository'}


def test_manifest_asks_rosdep_for_no_heavy_package() -> None:
    keys = {element.text or '' for element in MANIFEST if element.tag.endswith('depend')}

    assert not [key for key in keys if re.search('torch|transformers|tensorrt|rosbags', key)]


def test_pip_and_ros_see_one_package() -> None:
    seen = subprocess.run(
        [sys.executable, 'setup.py', '--quiet', '--name', '--version'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    ).stdout.split()

    assert seen == [MANIFEST.findtext('name'), MANIFEST.findtext('version')]


def test_pip_installs_the_data_that_cmake_installs(tmp_path: Path) -> None:
    prefix = tmp_path / 'prefix'

    subprocess.run(
        [sys.executable, 'setup.py', '--quiet', 'install_data', '--install-dir', str(prefix)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    share = prefix / 'share' / 'streamo_ros'
    assert {path.name for path in share.iterdir() if path.is_dir()} == {
        *cmake_list('install(DIRECTORY config')[:3],
        'config',
        'msg',
        'srv',
        'action',
    }
    assert (share / 'config' / 'fastdds.xml').is_file()
    assert (share / 'msg' / 'FrameState.msg').is_file()
    assert (share / 'models' / 'streamo-tiny' / 'model.safetensors').is_file()
    assert list(share.rglob('evaluation*.json')) == []
    assert 'PATTERN evaluation EXCLUDE' in CMAKE


def test_pip_offers_the_command_and_the_extras() -> None:
    tree = ast.parse((ROOT / 'setup.py').read_text())
    literals = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}

    assert 'streamo = streamo_ros.cli:main' in literals
    assert {'torch', 'train', 'tensorrt', 'bag', 'dev'} <= literals
    assert not [word for word in literals if 'torchvision' in str(word)]


def test_every_folder_of_python_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / 'streamo_ros').rglob('*.py')}

    assert [folder.name for folder in folders if not (folder / '__init__.py').exists()] == []


def test_cmake_installs_what_users_look_for() -> None:
    words = cmake_list('install(DIRECTORY config')

    assert {'examples', 'launch', 'models'} <= set(words)
    for name in (
        'launch/streamo.launch.py',
        'launch/replay.launch.py',
        'config/streamo.yaml',
        'config/fastdds.xml',
        'models/streamo-tiny/config.json',
    ):
        assert (ROOT / name).is_file(), f'{name} is missing'


def test_executable_respects_a_virtual_environment() -> None:
    program = ROOT / 'scripts' / 'streamo_node'

    assert program.read_text().splitlines()[0] == '#!/usr/bin/env python3'
    assert os.access(program, os.X_OK)


def test_requirements_of_ros_are_pinned_by_hash() -> None:
    text = (ROOT / 'requirements' / 'ros-jazzy.txt').read_text().replace('\\\n', ' ')
    lines = [line for line in text.splitlines() if line and not line.startswith('#')]

    assert any(line.startswith('ros-rclpy==7.1.6') for line in lines)
    assert [line for line in lines if '==' not in line or '--hash=sha256:' not in line] == []


def test_no_requirement_brings_torchvision() -> None:
    lists = (ROOT / 'requirements').glob('*.txt')

    assert not [path.name for path in lists if re.search('^torchvision', path.read_text(), re.M)]


def test_make_demo_passes_source_and_instruction_whole(tmp_path: Path) -> None:
    program = tmp_path / 'streamo'
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)
    source, instruction = "my video's.mp4", 'say "it is $HOME" & *stop*; when it\'s over'

    # Without what the `make test` around this test hands down.
    outer = ('MAKEFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES', 'MFLAGS', 'ARGS')
    inherited = {name: value for name, value in os.environ.items() if name not in outer}

    done = subprocess.run(
        ['make', '--silent', 'demo', f'VENV={tmp_path}', 'PYTHON=true'],
        cwd=ROOT,
        check=True,
        env={**inherited, 'SOURCE': source, 'INSTRUCTION': instruction},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.splitlines() == [
        'demo',
        '--source',
        source,
        '--instruction',
        instruction,
    ]


def test_search_paths_are_extended_once_and_in_front(monkeypatch: pytest.MonkeyPatch) -> None:
    extend = runpy.run_path(str(ROOT / 'dev' / 'streamo_prefix.py'))['extend']
    monkeypatch.setenv('LD_LIBRARY_PATH', '/robot/lib')
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    folders = {'AMENT_PREFIX_PATH': ['/venv'], 'LD_LIBRARY_PATH': ['/venv/lib']}

    assert extend(folders) is True
    assert os.environ['LD_LIBRARY_PATH'] == '/venv/lib:/robot/lib'
    assert os.environ['AMENT_PREFIX_PATH'] == '/venv'
    assert extend(folders) is False


def test_only_a_path_of_ros_indexes_needs_no_second_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extend = runpy.run_path(str(ROOT / 'dev' / 'streamo_prefix.py'))['extend']
    monkeypatch.setenv('AMENT_PREFIX_PATH', '/opt/ros/jazzy')

    assert extend({'AMENT_PREFIX_PATH': ['/venv']}) is False


def test_setup_refuses_a_python_that_ros_does_not_support() -> None:
    code = (
        'import sys; sys.version_info = (3, 9, 0)\n'
        f'sys.path.insert(0, {str(ROOT / "dev")!r})\n'
        'import environment; environment.VENV = None; sys.exit(environment.main())\n'
    )

    done = fresh(code)

    assert done.returncode == 1
    assert 'Python 3.9 is not supported' in done.stderr


@pytest.mark.ros
def test_message_works_in_a_fresh_process_and_loads_no_model_library() -> None:
    done = fresh(
        'import sys\n'
        'from streamo_ros.msg import FrameState\n'
        'from streamo_ros.srv import SetInstruction\n'
        'from streamo_ros.action import Watch\n'
        'from rclpy.serialization import deserialize_message, serialize_message\n'
        'sent = FrameState(state=FrameState.STANDBY, frame_index=2**40)\n'
        'got = deserialize_message(serialize_message(sent), FrameState)\n'
        'print(got.state, got.frame_index, sorted({"torch", "tensorrt"} & set(sys.modules)))\n'
    )

    assert done.stdout.split() == ['2', str(2**40), '[]'], done.stderr


@pytest.mark.ros
def test_interfaces_are_found_where_ros_looks_for_them() -> None:
    done = fresh(
        'from ament_index_python import get_package_prefix, get_package_share_directory\n'
        'import pathlib\n'
        'share = pathlib.Path(get_package_share_directory("streamo_ros"))\n'
        'prefix = pathlib.Path(get_package_prefix("streamo_ros"))\n'
        'print((share / "config" / "fastdds.xml").is_file(),\n'
        '      (share / "msg" / "FrameState.msg").is_file(),\n'
        '      (prefix / "lib" / "streamo_ros" / "streamo_node").is_file())\n'
    )

    assert done.stdout.split() == ['True'] * 3, done.stderr


@pytest.mark.ros
@pytest.mark.skipif(
    find_spec('streamo_prefix') is None,
    reason='ROS 2 was sourced here, not set up by make',
)
def test_a_foreign_guard_does_not_keep_ros_from_loading() -> None:
    """A parent in another environment of wheels leaves its guard and its paths behind."""
    done = fresh(
        'import rclpy.utilities; print(rclpy.utilities.get_rmw_implementation_identifier())',
        _ROS_WHEELS_BOOTSTRAP_COMPLETE='1',
        LD_LIBRARY_PATH='/nonexistent',
    )

    assert done.stdout.startswith('rmw_'), done.stderr


IMAGES_THROUGH_PROFILE = """
import array, rclpy
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image
rclpy.init()
node = rclpy.create_node('profile')
got = []
node.create_subscription(Image, 'image', got.append, qos_profile_sensor_data)
publisher = node.create_publisher(Image, 'image', qos_profile_sensor_data)
image = Image(height=480, width=640, step=1920, encoding='rgb8')
image.data = array.array('B', bytes(921600))
for _ in range(200):
    publisher.publish(image)
    rclpy.spin_once(node, timeout_sec=0.1)
    if len(got) >= 5:
        break
print(len(got), len(got[-1].data))
"""


@pytest.mark.ros
def test_fast_dds_accepts_the_profile_for_large_images(ros_domain: Callable[[], str]) -> None:
    done = fresh(
        IMAGES_THROUGH_PROFILE,
        ROS_DOMAIN_ID=ros_domain(),
        RMW_IMPLEMENTATION='rmw_fastrtps_cpp',
        FASTRTPS_DEFAULT_PROFILES_FILE=str(ROOT / 'config' / 'fastdds.xml'),
    )

    assert done.stdout.split() == ['5', '921600'], done.stderr
    assert 'XMLPARSER' not in done.stderr + done.stdout
