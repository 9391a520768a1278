# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The row of vLLM, against a package of that name that answers as vLLM does."""

from __future__ import annotations

import pytest

from streamo_ros.tools.gpu import vllm
from streamo_ros.tools.gpu.clock import GLANCE
from streamo_ros.tools.gpu.plan import ENGINE
from streamo_ros.tools.gpu.plan import Job
from streamo_ros.tools.gpu.plan import SMALL
from streamo_ros.tools.gpu.plan import SQUARE
from streamo_ros.tools.gpu.plan import VLLM
from streamo_ros.tools.gpu.rig import Rig
from streamo_ros.tools.gpu.rig import SkippedError

JOB = Job(VLLM, 'tiny', SMALL.views[0], 1, 700, 1.0)
DOUBLE = """
import json, pathlib, time

class SamplingParams:
    def __init__(self, *, max_tokens, temperature, ignore_eos, detokenize):
        self.max_tokens = max_tokens

class LLM:
    def __init__(self, *, model, load_format, max_model_len, enable_prefix_caching, **more):
        config = json.loads((pathlib.Path(model) / 'config.json').read_text())
        assert config['architectures'] == ['Qwen2ForCausalLM'] and load_format == 'dummy'
        assert enable_prefix_caching
        self.most, self.seen = max_model_len, set()

    def generate(self, prompt, params, use_tqdm):
        ids = tuple(prompt['prompt_token_ids'])
        assert len(ids) + params.max_tokens <= self.most and ids not in self.seen
        self.seen.add(ids)
        time.sleep(0.004 + 0.002 * params.max_tokens)
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """vLLM is there; give its code."""

    def write(code):
        (tmp_path / 'vllm.py').write_text(code)
        monkeypatch.setenv('PYTHONPATH', str(tmp_path))
        monkeypatch.setattr(vllm, 'version_of', lambda package: '0.32.0')
        return Rig('cpu', 'float32', {}, GLANCE)

    return write


def test_append_and_tokens_are_told_apart(installed):
    found = vllm.measure(installed(DOUBLE), JOB)
    assert 5 < found['extend_ms'] < 40
    assert 1 < found['token_ms'] < 20
    assert found['tokens_per_s'] == pytest.approx(1e3 / found['token_ms'])
    assert 'frame_ms' not in found
    assert found['note'] == vllm.NOTE


def test_a_turn_is_as_long_as_the_engines(installed):
    rig = Rig('cpu', 'float32', {'copy_gb_per_s': 1.0, 'gemm_tflops': 1.0}, GLANCE)
    from streamo_ros.tools.gpu import engine

    job = Job(ENGINE, 'tiny', SMALL.views[0], 1, 700, 1.0, 1_024, 1)
    own = engine.measure(rig, job)
    assert vllm.sizes(JOB) == (own['context_tokens'] - own['new_tokens'], own['new_tokens'])


def test_what_vllm_says_when_it_fails_is_handed_on(installed):
    rig = installed('raise RuntimeError("no kernel image")')
    with pytest.raises(RuntimeError, match='vLLM ended with 1: RuntimeError: no kernel image'):
        vllm.measure(rig, JOB)


def test_without_vllm_the_row_is_skipped(monkeypatch):
    monkeypatch.setattr(vllm, 'version_of', lambda package: '')
    with pytest.raises(SkippedError, match='not installed'):
        vllm.measure(Rig('cpu', 'float32', {}, GLANCE), JOB)


@pytest.mark.parametrize(('shape', 'kind'), [('qwen2.5-vl-7b', 'Qwen2'), ('qwen3-vl-8b', 'Qwen3')])
def test_a_shape_has_a_twin_of_the_same_matrices(shape, kind):
    import torch
    import transformers

    from streamo_ros.tools.gpu.roofline import dissect

    config = vllm.twin(shape, 'bfloat16')
    with torch.device('meta'):
        made = getattr(transformers, f'{kind}Config')(**config)
        model = getattr(transformers, f'{kind}ForCausalLM')(made)
    body = dissect(shape)
    assert sum(part.numel() for part in model.model.layers[0].parameters()) == body.layer
    assert len(model.model.layers) == body.layers
    assert model.lm_head.weight.numel() == body.head
    assert vllm.sizes(Job(VLLM, shape, SQUARE, 1, 8_000, 1.0))[1] < 320
