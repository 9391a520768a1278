# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

import subprocess
import sys
import types

import pytest

from streamo_ros import cli
from streamo_ros.sources.base import SourceError


def _replace(monkeypatch, verb, function):
    module = types.ModuleType('a_program')
    module.main = function
    monkeypatch.setitem(sys.modules, 'a_program', module)
    monkeypatch.setitem(cli.VERBS, verb, cli.Verb('a_program:main', 'for this test'))


def test_arguments_and_exit_code_are_passed_on(monkeypatch):
    seen = []
    _replace(monkeypatch, 'replay', lambda argv: seen.append(list(argv)) or 7)
    assert cli.main(['replay', 'a.mcap', '--help']) == 7
    assert seen == [['a.mcap', '--help']]


def test_an_error_of_ours_is_one_sentence(monkeypatch, capsys):
    def fail(argv):
        raise SourceError('a.mcap does not exist')

    _replace(monkeypatch, 'replay', fail)
    assert cli.main(['replay']) == 2
    assert capsys.readouterr().err == 'streamo replay: a.mcap does not exist\n'


def test_a_fault_of_the_program_keeps_its_trace(monkeypatch):
    def fail(argv):
        raise ZeroDivisionError

    _replace(monkeypatch, 'replay', fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(['replay'])


def test_a_package_that_is_not_installed_is_named(monkeypatch, capsys):
    def fail(argv):
        import no_such_package  # noqa: F401

    _replace(monkeypatch, 'train', fail)
    assert cli.main(['train']) == 2
    assert 'the Python package no_such_package is not installed' in capsys.readouterr().err


def test_control_c_gives_the_exit_code_of_a_signal(monkeypatch):
    def interrupt(argv):
        raise KeyboardInterrupt

    _replace(monkeypatch, 'demo', interrupt)
    assert cli.main(['demo']) == 130


@pytest.mark.parametrize('argv', [[], ['watch']])
def test_an_unknown_verb_lists_the_verbs(argv, capsys):
    assert cli.main(argv) == 2
    complaint = capsys.readouterr().err
    assert all(verb in complaint for verb in cli.VERBS)


def test_help_names_every_verb(capsys):
    assert cli.main(['--help']) == 0
    shown = capsys.readouterr().out
    assert all(f'\n  {verb} ' in shown for verb in cli.VERBS)


def test_the_version_is_that_of_the_manifest(capsys):
    assert cli.main(['--version']) == 0
    assert capsys.readouterr().out.split()[1][0].isdigit()


def test_help_loads_neither_torch_nor_rclpy():
    code = (
        'import sys; from streamo_ros.cli import main; main(["--help"]); '
        'print([name for name in ("torch", "rclpy", "cv2") if name in sys.modules])'
    )
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith('[]\n')
