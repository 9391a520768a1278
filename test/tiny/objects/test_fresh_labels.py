# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Labels of the fresh clips, which lie without the clips: readable, and without contradictions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streamo_ros.evaluation.real_clips import read_tracks

FRESH = Path(__file__).parents[3] / 'models' / 'streamo-objects' / 'evaluation' / 'fresh'
LABELS = sorted(FRESH.glob('*.json'))


@pytest.mark.parametrize('path', LABELS, ids=lambda path: path.stem)
def test_the_labels_of_a_clip_do_not_contradict(path):
    truth = read_tracks(path)
    length = truth['duration_s']
    for track in truth['tracks']:
        assert 0 <= track['start_s'] < track['end_s'] <= length
        assert (track['enters'] == 'present_at_start') == (track['start_s'] == 0)
        assert (track['leaves'] == 'present_at_end') == (track['end_s'] == length)
    for row in (*truth['counts'], *truth['unsure']):
        assert 0 <= row['from_s'] < row['to_s'] <= length
    for row in truth['counts']:
        tracks = [track for track in truth['tracks'] if track['class'] == row['class']]
        middle = (row['from_s'] + row['to_s']) / 2
        seen = sum(track['start_s'] <= middle <= track['end_s'] for track in tracks)
        assert seen == row['count'], row
    named = {row['class'] for key in ('tracks', 'counts', 'unsure') for row in truth[key]}
    assert not named & set(truth['absent'])


def test_every_clip_has_an_address_and_a_row():
    sources = [line.split() for line in (FRESH / 'sources.txt').read_text('utf-8').splitlines()]
    assert [name for name, _, _ in sources] == [path.stem for path in LABELS]
    table = (FRESH / 'README.md').read_text('utf-8')
    for path, (name, checksum, address) in zip(LABELS, sources, strict=True):
        truth = read_tracks(path)
        assert re.fullmatch('[0-9a-f]{64}', checksum)
        repository, commit = re.fullmatch(
            r'https://github\.com/(\S+) commit (\w+), file .*', truth['source']
        ).groups()
        prefix = f'https://raw.githubusercontent.com/{repository}/{commit}/'
        assert address.startswith(prefix)
        license_name = truth['license'].split(' (')[0]
        row = next(row for row in table.splitlines() if row.startswith(f'| {name} |'))
        assert f'| {truth["duration_s"]} |' in row
        assert f'| {license_name} |' in row
        assert repository in row
