# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Dialogues are read through once, and again whenever anything has changed."""

from __future__ import annotations

import os

import pytest

from streamo_ros.training import example_index
from streamo_ros.training.dialogue_file import EntryPlace
from streamo_ros.training.example_index import ExampleIndex
from streamo_ros.training.example_index import FileExamples
from streamo_ros.training.example_index import open_reported
from streamo_ros.training.example_index import Place
from streamo_ros.training.layouts import Cut

FOUND = FileExamples(
    [Place(EntryPlace(0, 90), 2, 9, Cut(0, 7, 333)), Place(EntryPlace(90, 5), 0, 1, Cut(0, 1, 4))],
    {'too long': 3},
)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / 'train.jsonl'
    path.write_text('x' * 95)
    return path


def test_what_was_found_is_found_again(file):
    assert ExampleIndex(file, 'a').read() is None
    ExampleIndex(file, 'a').write(FOUND)
    assert ExampleIndex(file, 'a').read() == FOUND


def test_another_file_or_another_way_of_making_sequences_is_not_taken_for_it(file):
    ExampleIndex(file, 'a').write(FOUND)
    assert ExampleIndex(file, 'b').read() is None
    os.utime(file, (1, 1))
    assert ExampleIndex(file, 'a').read() is None


def test_a_broken_index_is_made_again(file):
    index = ExampleIndex(file, 'a')
    index.write(FOUND)
    index.path.write_bytes(index.path.read_bytes()[:-30])
    assert index.read() is None
    index.path.write_bytes(b'')
    assert index.read() is None


def test_a_video_that_was_missing_is_looked_for_again(file):
    index = ExampleIndex(file, 'a')
    index.write(FileExamples(FOUND.places, {'video missing': 1}))
    assert index.read() is None


def test_a_folder_that_cannot_be_written_is_said(file, capsys):
    index = ExampleIndex(file, 'a')
    index.path.mkdir()
    (index.path / 'in the way').write_text('')
    index.write(FOUND)
    assert 'read again at each start' in capsys.readouterr().err


def test_progress_is_said_where_there_is_no_terminal(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(example_index, 'LONG', 1000)
    path = tmp_path / 'lines'
    path.write_text('a line\n' * 5000)
    with open_reported(path) as stream:
        assert stream.read(1) == b'a'
        stream.seek(0)
        assert sum(1 for _ in stream) == 5000
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 10
    assert said[4].endswith('lines: 50 %')
