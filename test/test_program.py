# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a program of ours ends: what the terminal shows, and the exit code."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streamo_ros import cli
from streamo_ros.core.errors import ExitCode
from streamo_ros.core.errors import StreamoError
from streamo_ros.program import run_program
from streamo_ros.share import share_path
from streamo_ros.share import ShareError

SLOW_IMPORT = """
import signal, sys, time, types
signal.signal(signal.SIGINT, signal.default_int_handler)  # also where pytest runs without
from streamo_ros import cli

def load(name):
    print('importing', flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        raise ImportError('what a library makes of it')

cli.importlib = types.SimpleNamespace(import_module=load)
sys.exit(cli.main([{verb!r}]))
"""


class WorseError(StreamoError):
    exit_code = ExitCode.HUNG


def raising(error: BaseException):
    def main() -> int:
        raise error

    return main


@pytest.mark.parametrize(
    ('error', 'code', 'sentence'),
    [
        (StreamoError('the bag is empty'), 2, 'the bag is empty'),
        (WorseError('the model hangs'), 3, 'the model hangs'),
        (FileNotFoundError(2, 'No such file or directory', 'a.yaml'), 2, 'a.yaml: No such file'),
        (OSError(28, 'No space left on device'), 2, 'No space left on device'),
        (ModuleNotFoundError(name='peft'), 2, '-m pip install accelerate peft`'),
        (ModuleNotFoundError(name='rclpy.node'), 2, 'source the setup.bash of your ROS 2'),
        (
            ModuleNotFoundError(name='streamo_ros.msg'),
            2,
            'interfaces of streamo_ros are not built',
        ),
        (KeyboardInterrupt(), 130, ''),
    ],
)
def test_an_error_is_one_sentence_and_an_exit_code(capsys, error, code, sentence):
    assert run_program('streamo replay', raising(error)) == code
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == bool(sentence)
    assert all(line.startswith('streamo replay: ') and sentence in line for line in lines)


@pytest.mark.parametrize(
    'error', [ValueError('a fault'), OSError('a fault'), ModuleNotFoundError(name='streamo_ros.x')]
)
def test_a_fault_of_ours_keeps_its_traceback(error):
    with pytest.raises(type(error)):
        run_program('streamo replay', raising(error))


def test_every_error_class_of_ours_is_a_sentence_for_the_user():
    package = Path(__file__).parents[1] / 'streamo_ros'
    bases = {
        match[1]: match[2]
        for file in package.rglob('*.py')
        for match in re.finditer(r'^class ([A-Z]\w*Error)\((\w+)', file.read_text(), re.MULTILINE)
    }
    # A skipped row of the GPU's benchmark is caught where rows are measured.
    good = {'StreamoError', 'BackboneError', 'SkippedError'}
    while more := {name for name, base in bases.items() if base in good} - good:
        good |= more
    assert sorted(set(bases) - good) == []


@pytest.mark.parametrize(('verb', 'code'), [('replay', 130), ('node', 0)])
def test_ctrl_c_while_it_starts_ends_it_without_a_word(verb, code):
    process = subprocess.Popen(
        [sys.executable, '-c', SLOW_IMPORT.format(verb=verb)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == 'importing\n'
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (code, '')
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ('verb', 'moment'),
    [
        *(('replay', moment) for moment in (0.0, 0.3, 0.7, 1.1)),
        *(
            (verb, moment)
            for verb in ('demo', 'evaluate', 'train', 'bench')
            for moment in (0.2, 0.9)
        ),
    ],
)
def test_ctrl_c_in_the_first_seconds_ends_it_without_a_word(verb, moment, tmp_path):
    """As the launcher starts it: until the first import is done, SIGINT has its plain effect."""
    arguments = {
        'replay': [str(tmp_path), '-i', 'watch'],
        'demo': ['--output', str(tmp_path / 'out')],
        'evaluate': [str(share_path('models', 'streamo-tiny')), '--worlds', '9'],
        'train': [str(tmp_path / 'none.yaml')],
        'bench': [str(share_path('models', 'streamo-tiny'))],
    }[verb]
    start = (
        'import runpy, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); '
        "print('up', flush=True); "
        "runpy.run_module('streamo_ros.cli', run_name='__main__', alter_sys=True)"
    )
    process = subprocess.Popen(
        [sys.executable, '-c', start, verb, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == 'up\n'
    time.sleep(moment)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=120)
    # A shell reports 130 for both; 2 where the input was refused before the signal came.
    assert process.returncode in (130, -signal.SIGINT, 2), said
    assert 'Traceback' not in said
    assert 'ignored' not in said
    assert not said or re.fullmatch(f'streamo {verb}: .*\\n', said)


def test_a_data_file_is_found_and_a_missing_one_named():
    assert share_path('msg', 'FrameState.msg').is_file()
    with pytest.raises(ShareError, match=r'models/none is not part of this installation'):
        share_path('models', 'none')


def test_names_of_files_cannot_command_the_terminal(capsys):
    def fail():
        raise StreamoError('\x1b[2J new\nline \udcff \u202e.mp4 is empty')

    assert run_program('streamo replay', fail) == ExitCode.BAD_INPUT
    assert capsys.readouterr().err == (
        'streamo replay: \\x1b[2J new\\nline \\udcff \\u202e.mp4 is empty\n'
    )


def test_what_the_terminal_cannot_show_is_escaped():
    program = (
        'from streamo_ros.program import run_program\n'
        'run_program("streamo", lambda: print("caf\\u00e9 \\udcff") or 0)'
    )
    done = subprocess.run(
        [sys.executable, '-c', program],
        env={**os.environ, 'PYTHONIOENCODING': 'ascii'},
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == (b'caf\\xe9 \\udcff\n', b'')


def test_an_abbreviated_option_is_refused_instead_of_taken_for_another(capsys):
    with pytest.raises(SystemExit, match='2'):
        cli.main(['replay', 'a.mcap', '--set', 'x'])
    assert 'unrecognized arguments: --set' in capsys.readouterr().err


def test_every_program_takes_its_options_written_out():
    package = Path(__file__).parents[1] / 'streamo_ros'
    made = 'argparse.ArgumentParser('
    files = [path for path in package.rglob('*.py') if made in path.read_text('utf-8')]
    assert files == []
