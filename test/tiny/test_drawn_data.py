# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drawn worlds as files that `streamo train` reads."""

from __future__ import annotations

import numpy as np

from streamo_ros.backbone.vision.resizer import Resizer
from streamo_ros.core.protocol import State
from streamo_ros.tiny import drawn_data
from streamo_ros.training.labeled_dialogue import read_dialogues
from streamo_ros.training.video_frames import frames_at
from streamo_ros.worlds.episode import SEEDS


def test_what_is_written_is_what_was_drawn_in_the_models_own_size(tmp_path):
    arguments = [str(tmp_path), '--count', '2', '--first', '3', '--frames', '6']
    assert drawn_data.main(arguments) == 0
    written = list(read_dialogues(tmp_path / 'dialogues.jsonl'))
    for number, dialogue in enumerate(written):
        episode = drawn_data.draw(SEEDS['training'][3 + number], number, 6, 1.0)
        assert dialogue.turns[0].instruction == episode.instruction
        assert [turn.state for turn in dialogue.turns] == list(episode.states)
        assert [turn.text for turn in dialogue.turns if turn.state is State.RESPONSE] == [
            text for text in episode.texts if text
        ]
        times = [turn.time for turn in dialogue.turns]
        images = list(frames_at(tmp_path / dialogue.videos[0], times))
        for at, image in enumerate(images):
            # 20 tokens of 28 x 28 pixels or a few more, as the model's own processor makes it.
            assert image.shape[0] % 28 == image.shape[1] % 28 == 0
            assert 12544 <= image.shape[0] * image.shape[1] <= 18816
            expected = Resizer(3)(episode.render(at), *image.shape[:2])
            np.testing.assert_array_equal(image, expected)


def test_frames_that_are_there_are_not_drawn_again(tmp_path, monkeypatch):
    arguments = [str(tmp_path), '--count', '1', '--frames', '3']
    assert drawn_data.main(arguments) == 0
    monkeypatch.setattr(drawn_data, 'write_frames', None)
    assert drawn_data.main(arguments) == 0
