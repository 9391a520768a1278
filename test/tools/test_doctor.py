# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor finds, and what it says when something is not there."""

from __future__ import annotations

import importlib.util
import json

import pytest

from streamo_ros.tools import doctor
from streamo_ros.tools.transport_check import check_transport


def test_it_names_every_part_once(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.main(['--json'])
    findings = json.loads(capsys.readouterr().out)
    names = [finding['name'] for finding in findings]
    assert {'Python', 'torch', 'embedded model', 'OpenCV', 'TensorRT'} <= set(names)
    assert len(names) == len(set(names))


def test_what_is_missing_comes_with_its_cure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, 'find_spec', lambda name: None if name == 'rclpy' else found(name)
    )
    assert doctor.main([]) == 1
    assert '`make setup`' in capsys.readouterr().out


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def _gpu() -> list[doctor.Check]:
        raise OSError('driver lost')

    monkeypatch.setattr(doctor, 'CHECKS', (_gpu,))
    assert doctor.look() == [doctor.Check('gpu', 'missing', 'OSError: driver lost')]


def test_what_only_other_programs_need_is_no_failure_of_the_node(monkeypatch) -> None:
    found = importlib.util.find_spec
    absent = {'rosbags', 'av'}
    monkeypatch.setattr(
        importlib.util, 'find_spec', lambda name: None if name in absent else found(name)
    )
    states = {check.name: check for check in doctor.look()}
    assert states['rosbags'].state == states['PyAV'].state == 'note'
    assert '-m pip install "rosbags' in states['rosbags'].fix


@pytest.mark.parametrize(
    ('rmw', 'advice'),
    [
        ('rmw_fastrtps_cpp', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
        ('rmw_cyclonedds_cpp', 'CYCLONEDDS_URI'),
    ],
)
def test_the_advice_is_for_the_rmw_in_use(monkeypatch, rmw: str, advice: str) -> None:
    for name in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'CYCLONEDDS_URI'):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv('RMW_IMPLEMENTATION', rmw)
    monkeypatch.setattr(doctor, 'CHECKS', (doctor._ros, check_transport, doctor._plan))
    said = '\n'.join(f'{check.found} {check.fix}' for check in doctor.look())
    others = {'FASTRTPS_DEFAULT_PROFILES_FILE', 'CYCLONEDDS_URI'} - {advice}
    assert rmw in said
    assert advice in said
    assert not [name for name in others if name in said]


def test_the_rmw_is_named_and_the_plan_said() -> None:
    states = {check.name: check for check in doctor.look()}
    assert 'rmw_' in states['ROS 2'].found
    assert 'the node runs streamo-tiny' in states['plan'].found
