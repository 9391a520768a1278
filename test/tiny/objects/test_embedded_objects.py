# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The committed streamo-objects: what lies in its folder, and what it says of real clips."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from safetensors import safe_open

from streamo_ros.backbone.detector.weights import find_detector
from streamo_ros.evaluation.objects import Decisions
from streamo_ros.evaluation.objects import evaluate_clips
from streamo_ros.evaluation.objects import MadeOfClips
from streamo_ros.tiny.objects.vocabulary import build_object_tokenizer
from streamo_ros.worlds.objects.answers import UNKNOWN_WORD_REPLY
from streamo_ros.worlds.objects.kinds import KINDS

ROOT = Path(__file__).parents[3]
MODEL = ROOT / 'models' / 'streamo-objects'
CLIPS = ROOT.parent / 'shared' / 'data' / 'real'
MAX_BYTES = 10_000_000


def test_it_is_small_and_the_detector_is_not_in_it():
    weights = MODEL / 'model.safetensors'
    assert weights.stat().st_size < MAX_BYTES
    with safe_open(weights, 'np') as tensors:
        names = set(tensors.keys())
    assert any('visual.tokens' in name for name in names)
    assert not any('detector' in name for name in names)


def test_its_tokenizer_is_the_one_that_the_recipe_makes():
    kept = json.loads((MODEL / 'tokenizer.json').read_text(encoding='utf-8'))
    assert kept == json.loads(build_object_tokenizer().backend_tokenizer.to_str())


def test_its_settings_are_what_the_package_reads():
    settings = json.loads((MODEL / 'streamo.json').read_text(encoding='utf-8'))
    assert settings['sampling_rate'] == 2
    assert settings['unknown_word_reply'] == UNKNOWN_WORD_REPLY
    config = json.loads((MODEL / 'config.json').read_text(encoding='utf-8'))
    assert [config['id2label'][str(kind.index)] for kind in KINDS] == [kind.name for kind in KINDS]


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(not CLIPS.is_dir(), reason='the real clips (../shared/data/real) are absent')
@pytest.mark.skipif(
    find_detector() is None, reason='the detector is absent: streamo model install objects'
)
def test_it_watches_real_clips_through_the_whole_engine():
    figures = evaluate_clips(
        MODEL, 'cpu', CLIPS, MadeOfClips(), Decisions(), lambda steps, _: steps
    )
    person = figures['clips']['one_by_one_person']
    assert person['families']['appear']['timing_f1'] >= 0.9
    assert figures['clips']['bottles']['standing_right'] >= 0.9
