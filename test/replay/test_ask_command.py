# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`streamo ask RECORDING`: it is watched first, once, and answers like a store."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamo_ros import cli

RULES = """
- instruction: cup
  say:
    - {from: 3, to: 4, state: response, text: 'The cup is full'}
- instruction: person
  say:
    - {from: 1, to: 2, state: response, text: 'A person comes in'}
"""


@pytest.fixture
def ask(bags, write_script, tmp_path, monkeypatch, capsys):
    script = write_script(RULES)
    (tmp_path / 'here').mkdir()
    monkeypatch.chdir(tmp_path / 'here')

    def run(*arguments, source='raw_mcap'):
        code = cli.main(['ask', str(bags / source), '--model', str(script), *map(str, arguments)])
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_a_recording_is_watched_once_and_then_answers(ask) -> None:
    code, out, err = ask('When was the cup full?', '-i', 'Tell me when the cup is full.')
    assert code == 0
    assert '“The cup is full”' in out
    assert "is watched first, for 'Tell me when the cup is full.'" in err
    (store,) = Path().iterdir()
    code, out, err = ask('Was the cup full?')
    assert code == 0
    assert f'{store} answers' in err
    code, _, err = ask('Was there a person?', '-i', 'Tell me when a person comes in.')
    assert code == 2
    assert 'delete' in err


def test_without_an_instruction_it_says_what_it_watched_for(ask) -> None:
    code, out, err = ask('Was there a person?')
    assert code == 0
    assert 'A person comes in' in out
    assert "for 'Tell me when a person comes in.'" in err


@pytest.mark.parametrize(
    ('arguments', 'says'),
    [
        (['--erase', 'all'], 'is no store'),
        (['--export', 'there'], 'is no store'),
        (['hm?', '--frames', '0'], '--frames must be'),
        (['hm?', '--time-zone', 'Mars'], 'no time zone'),
        (['hm?', '--topic', '/none'], '/none'),
    ],
)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(ask, arguments, says) -> None:
    code, _, err = ask(*arguments)
    assert code == 2
    assert says in err
    assert not list(Path().iterdir())


def test_an_instruction_is_not_for_a_store(ask) -> None:
    ask('Was there a person?')
    (store,) = Path().iterdir()
    code, _, err = ask('hm?', '-i', 'Tell me.', source=store.absolute())
    assert code == 2
    assert 'is for a recording' in err
