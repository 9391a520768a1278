# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor finds, and what it says when something is not there."""

from __future__ import annotations

import importlib.util
import json

import pytest

from streamo_ros.tools import doctor


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
