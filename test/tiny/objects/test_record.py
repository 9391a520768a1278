# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the detector sees in a video becomes a file that the training reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streamo_ros.share import detector_places
from streamo_ros.share import share_path
from streamo_ros.tiny.objects.record import main
from streamo_ros.training.train_config import TrainingError
from streamo_ros.worlds.objects.recorded import RATE
from streamo_ros.worlds.objects.recorded import read_recordings
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import PLACES

BOTTLE = 39
CLIPS = Path(__file__).parents[4] / 'shared' / 'data' / 'real'


@pytest.mark.skipif(not any(map(Path.is_file, detector_places())), reason='no detector weights')
@pytest.mark.skipif(not CLIPS.is_dir(), reason='the real clips (../shared/data/real) are absent')
def test_a_video_becomes_a_recording(tmp_path, capsys):
    clips = [str(CLIPS / f'{name}.mp4') for name in ('bottles', 'sign_language')]
    main([*clips, '--seconds', '5', '--output', str(tmp_path / 'seen.npz')])
    assert '1 videos, 1 shorter than 4 s left out' in capsys.readouterr().out
    (seen,) = read_recordings(tmp_path / 'seen.npz')
    assert seen.name.startswith('bottles.mp4 ')
    assert seen.kind.shape == (5 * RATE, PLACES)
    assert BOTTLE in seen.kind
    # The shares of a thing's colors add up to one, and an empty place has none.
    np.testing.assert_allclose(seen.color.sum(-1), seen.kind != NOTHING, atol=5e-3)


def test_a_model_without_a_detector_is_refused(tmp_path):
    tiny = str(share_path('models', 'streamo-tiny'))
    with pytest.raises(TrainingError, match='does not see with a detector'):
        main(['a.mp4', '--model', tiny, '--output', str(tmp_path / 'seen.npz')])
