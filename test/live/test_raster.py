# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""However many frames share a pixel of the page's timeline, nothing that matters is lost."""

from __future__ import annotations

import json
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

import streamo_ros.live.history as live

RASTER = Path(live.__file__).with_name('page') / 'raster.js'
PROGRAM = """
import { loudest, runs, spans } from '%s';
const loudness = [2, 1, 3, 4]; // unknown, silence, standby, response
const out = {};
const frames = (count, apart) => Array.from({ length: count }, (_, at) => ({ at: at * apart }));
const band = (width, decisions, states, scale, thin) => {
  const columns = loudest(width, decisions, 0, decisions.length, (at) => states[at],
    (at) => at * scale, 1, loudness, thin);
  const found = [];
  runs(columns, (...one) => found.push(one));
  return found;
};

// An hour on 100 pixels: one response, one frame without a decision.
const hour = Array(3600).fill(1);
hour[1800] = 3;
hour[90] = 0;
out.hour = band(100, frames(3600, 1), hour, 100 / 3600, 2);

// Frames that are a little apart are one block, a missing one is a gap.
const uneven = [{ at: 0 }, { at: 1.03 }, { at: 2 }, { at: 5 }];
out.uneven = band(240, uneven, [1, 1, 1, 1], 30, 2);

// A line through an hour: one peak of one frame, and a gap.
const values = Array(3600).fill(50);
values[1234] = 0;
const point = (at) => at === 2000 ? null : [Math.round(at / 36), values[at]];
const [low, high] = spans(100, 0, 3600, point, () => false);
out.peak = [Math.min(...low), low.indexOf(0), high[low.indexOf(0)]];
out.rest = [...low].filter((one) => one === 50).length;

// Between two frames that are columns apart the line is drawn, and not across a break.
const sparse = (broken) => {
  const [from, to] = spans(10, 0, 2, (at) => [[1, 8], [5, 0]][at], () => broken);
  return [...from].map((one, at) => one < 0 ? null : [one, to[at]]);
};
out.joined = sparse(false);
out.apart = sparse(true);
console.log(JSON.stringify(out));
"""


@pytest.fixture(scope='module')
def painted() -> dict:
    if not shutil.which('node'):
        pytest.skip('node, which runs JavaScript, is missing')
    done = subprocess.run(
        ['node', '--input-type=module', '-e', PROGRAM % RASTER.as_uri()],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_one_response_and_one_flaw_are_seen_in_an_hour_on_a_hundred_pixels(painted):
    blocks = painted['hour']
    assert [loud for _, _, loud in blocks] == [1, 2, 1, 4, 1]
    assert blocks[0][0] == 0
    assert blocks[-1][1] == 100
    assert all(one[1] == other[0] for one, other in pairwise(blocks))
    ((left, right),) = [one[:2] for one in blocks if one[2] == 4]
    assert (left, right - left) == (50, 2)


def test_uneven_stamps_are_no_gap_and_a_missing_frame_is_one(painted):
    assert painted['uneven'] == [[0, 90, 1], [150, 180, 1]]


def test_a_peak_of_one_frame_is_kept_at_its_place(painted):
    assert painted['peak'] == [0, 34, 50]
    assert painted['rest'] >= 98


def test_a_line_goes_from_frame_to_frame_and_not_across_a_gap(painted):
    joined = painted['joined']
    assert joined[0] is None
    assert joined[1] == [6, 8]
    assert joined[5] == [0, 0]
    assert all(joined[1:6])
    assert joined[6:] == [None] * 4
    assert [at for at, one in enumerate(painted['apart']) if one] == [1, 5]
