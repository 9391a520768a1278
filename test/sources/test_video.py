# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Videos of every container and codec give their frames at their times, upright and in color."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamo_ros.sources.base import FIRST_STAMP
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.open import open_source
from streamo_ros.sources.video_decoder import Decoded
from streamo_ros.sources.video_times import in_order
from streamo_ros.sources.video_times import TimesError
from streamo_ros.sources.video_times import VideoTimeline

CASES = Path(__file__).parents[2].parent / 'shared' / 'cases'
EVEN = [40 * number for number in range(30)]
TIMES = {
    'plain.mp4': EVEN,
    'b_frames.mp4': EVEN,
    'b_frames.avi': EVEN,
    'stream.ts': EVEN,
    'offset.mkv': EVEN,
    'variable.mkv': [40 * n + 900 * (n // 10) + n * n % 7 for n in range(30)],
    'live.webm': EVEN,
    'fragmented.mp4': EVEN,
    'sound.mkv': EVEN,
    'interlaced.mpg': EVEN,
    '10_bit.mkv': EVEN,
    'alpha.mov': EVEN,
    'odd.mkv': EVEN,
    'motion.avi': EVEN,
}


def read(path, **options):
    """Milliseconds since the first frame, and the pictures."""
    source = open_source(path, **options)
    records = [(record.stamp, record.image()) for record in source.records()]
    return [(stamp - FIRST_STAMP) / 1e6 for stamp, _ in records], [rgb for _, rgb in records]


def halves(rgb):
    """The mean colors of the lower left and right."""
    height, width = rgb.shape[:2]
    lower = rgb[height // 2 :]
    return lower[:, : width // 2 - 4].mean((0, 1)), lower[:, width // 2 + 4 :].mean((0, 1))


@pytest.mark.parametrize('name', TIMES)
def test_frames_have_the_times_that_were_written(videos, name):
    times, _ = read(videos / name)
    assert times == pytest.approx(TIMES[name], abs=1e-3)


@pytest.mark.skipif(not shutil.which('ffprobe'), reason='ffprobe is not installed')
@pytest.mark.parametrize('name', sorted({*TIMES} - {'b_frames.avi', 'interlaced.mpg'}))
def test_times_agree_with_ffprobe_to_a_microsecond(videos, name):
    command = ['ffprobe', '-v', 'error', '-select_streams', 'v:0', '-of', 'csv=p=0']
    wanted = ['-show_entries', 'frame=best_effort_timestamp_time', str(videos / name)]
    answer = subprocess.run([*command, *wanted], capture_output=True, text=True, check=True)
    probed = [float(word) for word in answer.stdout.replace(',', ' ').split()]
    times, _ = read(videos / name)
    since_first = [1000 * (time - probed[0]) for time in probed]
    assert times == pytest.approx(since_first, abs=1e-3)


@pytest.mark.parametrize('name', sorted({*TIMES} - {'interlaced.mpg'}))
def test_colors_and_places_are_right(videos, name):
    _, pictures = read(videos / name)
    for rgb in pictures[::10]:
        left, right = halves(rgb)
        assert np.abs(left - (200, 60, 40)).max() < 14
        assert np.abs(right - (40, 60, 200)).max() < 14
    assert pictures[0].dtype == np.uint8
    assert pictures[0].shape == ((65, 97, 3) if name == 'odd.mkv' else (64, 96, 3))


@pytest.mark.parametrize('name', ['plain.mp4', 'offset.mkv', 'fragmented.mp4', 'sound.mkv'])
def test_duration_is_that_of_the_picture(videos, name):
    assert open_source(videos / name).duration == pytest.approx(1.2, abs=0.05)


def test_duration_of_a_live_recording_is_unknown(videos):
    assert open_source(videos / 'live.webm').duration is None


def test_av1_is_decoded(maker, tmp_path):
    path = maker.write_video(tmp_path / 'av1.mp4', codec='libsvtav1', options={'preset': '12'})
    times, pictures = read(path)
    assert times == pytest.approx(EVEN, abs=1e-3)
    assert np.abs(halves(pictures[20])[0] - (200, 60, 40)).max() < 14


def test_frames_hidden_by_an_edit_list_are_hidden(maker, tmp_path):
    # A cut without recoding begins at a keyframe before the cut, at negative times.
    path = maker.write_video(tmp_path / 'cut.mp4', times=range(-7, 23))
    times, _ = read(path)
    assert times == pytest.approx(EVEN[:23], abs=1e-3)


def combing(rgb):
    """How much more neighboring rows differ than rows of the same field."""
    rows = rgb[..., 1].astype(int)
    return np.abs(np.diff(rows, axis=0)).mean() - np.abs(rows[2:] - rows[:-2]).mean()


def test_interlaced_frames_are_deinterlaced(videos, maker):
    _, pictures = read(videos / 'interlaced.mpg')
    assert combing(maker.combed(5)) > 5
    assert all(combing(rgb) < 1 for rgb in pictures[1:-1])
    # A picture, not black: case 03.
    assert all(rgb.max() > 190 for rgb in pictures)


@pytest.mark.parametrize('degrees', [90, 180, 270])
def test_rotation_metadata_is_applied(maker, tmp_path, degrees):
    path = maker.write_video(
        tmp_path / 'turned.mp4', 2, prepare=lambda stream: stream.set_display_rotation(degrees)
    )
    _, pictures = read(path)
    expected = np.rot90(maker.bar(1), degrees // 90)
    assert pictures[1].shape == expected.shape
    assert np.abs(pictures[1].astype(int) - expected).mean() < 8


def test_mirrored_display_matrix_is_applied(maker, tmp_path):
    matrix = (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
    path = maker.write_video(
        tmp_path / 'selfie.mp4', 2, prepare=lambda stream: stream.set_display_matrix(matrix)
    )
    _, pictures = read(path)
    assert np.abs(pictures[0].astype(int) - maker.bar(0)[:, ::-1]).mean() < 8


@pytest.mark.parametrize('name', ['12:30.mp4', 'concat:a|b.mp4', 'frame_%03d.mp4', 'grüße 1.mp4'])
def test_names_that_mean_something_to_a_library_are_only_names(
    videos, tmp_path, monkeypatch, name
):
    (tmp_path / name).write_bytes((videos / 'plain.mp4').read_bytes())
    monkeypatch.chdir(tmp_path)
    assert len(read(name)[0]) == len(read(tmp_path / name)[0]) == 30


def test_joined_recordings_go_on_where_the_first_ends(videos, tmp_path):
    data = (videos / 'stream.ts').read_bytes()
    (tmp_path / 'joined.ts').write_bytes(data + data)
    times, pictures = read(tmp_path / 'joined.ts')
    assert times == pytest.approx([40 * number for number in range(60)], abs=1e-3)
    assert np.array_equal(pictures[30], pictures[0])
    source = open_source(tmp_path / 'joined.ts')
    list(source.records())
    assert source.note == 'its times begin again at 1.20 s: recordings were joined there'


def test_a_single_frame_that_steps_back_moves_no_other():
    times = [7, 47, 87, 127, 107, 167, 207]
    timeline = VideoTimeline(Fraction(1, 1000))
    stamped = timeline.stamped(Decoded(time, None) for time in times)
    assert [at for at, _ in stamped] == [(time - 7) * 1_000_000 for time in times]
    assert timeline.joints == []


def test_times_that_stand_still_are_none():
    with pytest.raises(TimesError):
        list(VideoTimeline(Fraction(1, 25)).stamped([Decoded(3, None)] * 30))


@given(st.lists(st.integers(0, 10), min_size=1, max_size=60))
def test_times_in_the_order_of_decoding_are_put_in_that_of_presentation(jumps):
    times = list(itertools.accumulate(jumps))
    # Runs of B-frames: the frame after them is decoded, and stored, before them.
    runs = [times[at : at + 5] for at in range(0, len(times), 5)]
    decoded = [time for run in runs for time in (run[-1], *run[:-1])]
    frames = [Decoded(time, None) for time in decoded]
    assert [frame.pts for frame in in_order(frames)] == times


def test_only_images_that_are_asked_for_are_converted(videos, monkeypatch):
    def refuse(*_):
        raise AssertionError('converted')

    monkeypatch.setattr('streamo_ros.sources.video.to_picture', refuse)
    assert len(list(open_source(videos / 'plain.mp4').records())) == 30


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / 'pipe.mp4')
    with pytest.raises(SourceError, match='is not a regular file'):
        open_source(tmp_path / 'pipe.mp4')


@pytest.mark.skipif(not CASES.exists(), reason='the shared cases are not here')
@pytest.mark.parametrize(
    ('name', 'count'),
    [
        ('03_interlaced_video_is_black/dvd.mpg', 100),
        ('04_whole_videos_called_damaged/audio_longer.mkv', 75),
        ('04_whole_videos_called_damaged/off3.mkv', 200),
        ('04_whole_videos_called_damaged/screen.webm', 69),
        ('04_whole_videos_called_damaged/trimmed.mp4', 127),
        ('04_whole_videos_called_damaged/vfr.mkv', 80),
        ('15_av1_called_damaged/av1.mp4', 200),
    ],
)
def test_videos_of_the_field_are_whole(name, count):
    source = open_source(CASES / name)
    records = 0
    for records, record in enumerate(source.records(), 1):
        if records % 20 == 1:
            assert record.image().std() > 20
    assert (records, source.damage) == (count, '')
