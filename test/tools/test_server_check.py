# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of a server."""

from __future__ import annotations

import json

from streamo_ros.tools import doctor
from streamo_ros.tools.server_check import check_server


def test_a_server_that_is_not_there_is_missing():
    (check,) = check_server('http://127.0.0.1:1/v1', '')
    assert check.state == 'missing'
    assert 'start the server' in check.found


def test_the_doctor_fails_for_it(capsys, monkeypatch):
    monkeypatch.setattr(doctor, 'CHECKS', ())
    assert doctor.main(['--json', '--server', 'ftp://host/v1']) == 1
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding['name'] == 'server'
