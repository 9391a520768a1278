# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the detector saw in real videos: detections linked to things, and streams made of them."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.worlds.objects.linking import link
from streamo_ros.worlds.objects.linking import TrackVerdict
from streamo_ros.worlds.objects.recorded import DetectionRecording
from streamo_ros.worlds.objects.recorded import draw_kind
from streamo_ros.worlds.objects.recorded import draw_recorded_stream
from streamo_ros.worlds.objects.recorded import packed
from streamo_ros.worlds.objects.recorded import read_recordings
from streamo_ros.worlds.objects.recorded import RecordingsError
from streamo_ros.worlds.objects.scenario import draw_recorded_scenario
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import PLACES

PERSON, CAR, TRUCK, DOG = 0, 2, 7, 16
FRAMES = 90


def recording(*rows):
    """Of (kind, center x, scores): a row for each thing, in its own place of every frame."""
    kind = np.full((FRAMES, PLACES), NOTHING)
    box = np.zeros((FRAMES, PLACES, 5), np.float32)
    color = np.zeros((FRAMES, PLACES, 11), np.float32)
    for place, (of, x, scores) in enumerate(rows):
        scores = np.broadcast_to(np.asarray(scores, float), (FRAMES,))
        seen = scores > 0
        kind[seen, place] = np.broadcast_to(of, (FRAMES,))[seen]
        box[seen, place, 0] = np.log(scores[seen] / (1 - scores[seen]))
        box[seen, place, 1] = np.broadcast_to(x, (FRAMES,))[seen]
        box[seen, place, 2:] = 0.5, np.log(0.2), np.log(0.3)
        color[seen, place, 3] = 1
    return DetectionRecording('drawn', kind, box, color)


def between(first, last, score=0.8):
    scores = np.zeros(FRAMES)
    scores[first:last] = score
    return scores


def tracks(*rows):
    return recording(*rows).tracks


def test_what_stays_in_its_place_is_one_thing():
    (found,) = tracks((PERSON, np.linspace(0.2, 0.8, FRAMES), between(10, 80)))
    assert (found.kind, found.color, found.verdict) == (PERSON, 3, TrackVerdict.THING)
    assert found.present.tolist() == [10 <= frame < 80 for frame in range(FRAMES)]
    np.testing.assert_allclose(found.score[10:80], 0.8)


def test_a_thing_that_is_missed_for_a_second_has_been_there():
    scores = between(10, 80)
    scores[40:48] = 0
    (found,) = tracks((PERSON, 0.5, scores))
    assert found.present[10:80].all()
    assert not found.score[40:48].any()


def test_what_is_lost_inside_the_picture_and_found_in_its_place_never_left():
    scores = between(0, 90)
    scores[30:60] = 0
    assert len(tracks((DOG, 0.5, scores))) == 1
    # At the edge it may have gone and another one come.
    assert len(tracks((DOG, 0.05, scores))) == 2
    assert len(tracks((DOG, np.where(np.arange(FRAMES) < 45, 0.3, 0.7), scores))) == 2


def test_two_things_beside_each_other_are_two():
    found = tracks((PERSON, 0.2, 0.8), (PERSON, 0.7, between(30, 90)))
    assert sorted(int(one.present.sum()) for one in found) == [60, 90]


def test_its_kind_is_what_it_is_surely_taken_for():
    kinds = np.where(np.arange(FRAMES) % 5 == 0, TRUCK, CAR)
    (found,) = tracks((kinds, 0.5, 0.7))
    assert found.kind == CAR
    # Where it is taken for another kind, nothing of its own is seen.
    assert not found.score[::5].any()
    assert found.seen.all()


def test_the_same_box_of_another_kind_is_no_second_thing():
    (found,) = tracks((CAR, 0.5, 0.8), (TRUCK, 0.5, 0.5))
    assert found.kind == CAR


@pytest.mark.parametrize(
    ('scores', 'verdict'),
    [
        (between(10, 40), TrackVerdict.THING),
        (between(10, 40, 0.35), TrackVerdict.NOTHING),
        (between(10, 12, 0.5), TrackVerdict.NOTHING),
        (between(10, 40, 0.45), TrackVerdict.NOTHING),
        (between(10, 40, 0.55), TrackVerdict.UNCLEAR),
        (between(10, 13, 0.9), TrackVerdict.UNCLEAR),
    ],
)
def test_what_is_faint_or_short_is_no_thing_or_unclear(scores, verdict):
    (found,) = tracks((DOG, 0.5, scores))
    assert found.verdict is verdict


def streams(seen, count=60, frames=20):
    for seed in range(count):
        yield draw_recorded_stream(seen, frames, np.random.default_rng(seed))


def test_streams_are_consistent_however_they_are_turned():
    seen = recording(
        (PERSON, 0.3, between(20, 70)), (DOG, 0.7, 0.8), (CAR, 0.9, between(30, 60, 0.3))
    )
    places, lengths = set(), set()
    for drawn in streams(seen):
        stream = drawn.stream
        assert stream.frames == 20
        for number, thing in enumerate(stream.things):
            own = stream.owner == number
            assert (own.any(1) == (thing.score > 0)).all()
            assert set(stream.kind[own].tolist()) <= {thing.kind}
            np.testing.assert_allclose(stream.box[own][:, 1], thing.box[own.any(1), 0], atol=1e-6)
            places.add(round(float(thing.box[0, 0]), 1))
            lengths.add(int(thing.present.sum()))
        assert len(drawn.present) == len(stream.things)
        assert not drawn.unclear
    # Mirrored and not; from several beginnings.
    assert places == {0.3, 0.7}
    assert len(lengths) > 3


def test_kinds_are_exchanged_as_a_whole():
    seen = recording((PERSON, 0.3, 0.8), (PERSON, 0.7, 0.8))
    kinds = {tuple(thing.kind for thing in drawn.stream.things) for drawn in streams(seen)}
    assert (PERSON, PERSON) in kinds
    assert len(kinds) > 10
    assert all(one == other for one, other in kinds)


def test_a_short_recording_goes_back_and_forth():
    drawn = draw_recorded_stream(
        recording((PERSON, 0.5, between(0, 45))), 70, np.random.default_rng(1)
    )
    there = drawn.stream.things[0].present
    assert 0.3 < there.mean() < 0.7
    assert (there[1:] != there[:-1]).sum() >= 2


def test_nothing_is_asked_of_what_is_unclear():
    seen = recording((PERSON, 0.3, 0.8), (DOG, 0.7, 0.55), (CAR, 0.9, 0.3))
    rng = np.random.default_rng(0)
    for drawn in streams(seen):
        (unclear,) = drawn.unclear
        asked = {draw_kind(drawn, rng, absent=False) for _ in range(120)}
        assert unclear not in asked
        assert asked >= {*drawn.present, *drawn.doubted}
        assert not {draw_kind(drawn, rng, absent=True) for _ in range(30)} & {*drawn.present}


@pytest.mark.parametrize('family', ['narrate', 'see'])
def test_all_kinds_are_asked_about_only_where_all_are_clear(family):
    clear = recording((PERSON, 0.3, 0.8))
    unclear = recording((PERSON, 0.3, 0.8), (DOG, 0.7, 0.55))
    rng = np.random.default_rng(0)
    (one,), (other,) = ([draw_recorded_stream(seen, 20, rng)] for seen in (clear, unclear))
    assert draw_recorded_scenario(family, one, rng) is not None
    assert draw_recorded_scenario(family, other, rng) is None


def test_a_file_of_recordings_is_read_again(tmp_path):
    kept = [recording((PERSON, 0.3, 0.8)), recording((DOG, 0.7, between(3, 30)))]
    (tmp_path / 'seen.npz').write_bytes(packed(kept))
    for found, written in zip(read_recordings(tmp_path / 'seen.npz'), kept, strict=True):
        assert found.name == written.name
        np.testing.assert_array_equal(found.kind, written.kind)
        np.testing.assert_allclose(found.box, written.box, atol=2e-3)


def test_another_file_is_refused_in_a_sentence(tmp_path):
    (tmp_path / 'seen.npz').write_text('no archive')
    with pytest.raises(RecordingsError, match='write it with python -m'):
        read_recordings(tmp_path / 'seen.npz')


def test_linking_keeps_each_detection_for_one_thing():
    rng = np.random.default_rng(2)
    seen = recording(
        *((PERSON, 0.5 + 0.3 * np.sin(np.arange(FRAMES) / 20 + turn), 0.7) for turn in range(3)),
        (DOG, 0.5, np.where(rng.random(FRAMES) < 0.5, 0.3, 0)),
    )
    pairs = [
        (int(row), int(place))
        for one in link(seen.kind, seen.box, seen.color)
        for row, place in zip(one.rows, one.places, strict=True)
    ]
    assert len(pairs) == len(set(pairs))
