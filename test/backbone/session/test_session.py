# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint in vLLM's engine decides and says, and what becomes of its sessions."""

from __future__ import annotations

import gc
import os

import numpy as np
import pytest

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.session.engine import Chosen
from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.settings import context_policy
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.eviction.chunk import ChunkPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import BackboneError
from streamo_ros.core.interface import PartialError
from streamo_ros.core.interface import Request
from streamo_ros.core.interface import Sampling
from streamo_ros.core.passes import PassRunner
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings
from streamo_ros.share import share_path

FRAMES = 24


@pytest.fixture(scope='module')
def tiny():
    return share_path('models', 'streamo-tiny')


@pytest.fixture(scope='module')
def case():
    """A drawn world in which something is answered."""
    settings = SyntheticSettings(seed=5, frames=FRAMES, regular=True, complete=True)
    return next(iter(synthetic_cases(1, settings)))


@pytest.fixture
def backbone(engines, tiny):
    return load(tiny, Options('cpu', lanes=3, runtime='vllm'))


def watch(backbone, case, instructions=1, max_frames=0):
    """Decisions and answers, by instruction."""
    book = InstructionBook(4)
    names = [book.add(case.instruction).id for _ in range(instructions)]
    limits = ContextLimits.for_checkpoint(backbone.info, max_frames)
    assistant = Assistant(backbone, book, AssistantSettings(limits=limits), ChunkPolicy())
    events = []
    for moment, image in zip(case.moments, case.images(), strict=True):
        events += assistant.observe(Frame(moment.tick, image))
        while assistant.busy:
            events += assistant.speak(4)
    return [
        (
            [it for it in events if isinstance(it, Decided) and it.instruction_id == name],
            [it.text for it in events if isinstance(it, Answered) and it.instruction_id == name],
        )
        for name in names
    ]


def test_states_and_answers_are_those_of_our_engine(backbone, engines, tiny, case):
    """While nothing leaves: behind an eviction vLLM computes anew what our engine keeps."""
    ((there, said),) = watch(backbone, case, max_frames=FRAMES)
    ((here, spoken),) = watch(load(tiny, Options('cpu', lanes=2)), case, max_frames=FRAMES)
    assert [it.state for it in there] == [it.state for it in here]
    assert State.RESPONSE in {it.state for it in there}
    assert said == spoken != []
    assert np.array([it.probabilities for it in there]) == pytest.approx(
        np.array([it.probabilities for it in here]), abs=1e-5
    )
    # Each frame was one chunk, and so was each token of the answer.
    assert backbone.sessions == 1
    chunks = engines[0].turns['lane 0, session 1'].chunks
    pictures = [len(it.get('multi_modal_data', {}).get('image', ())) for it in chunks]
    assert pictures.count(1) == FRAMES
    assert set(pictures) == {0, 1}


def test_a_lane_that_has_lost_frames_begins_a_new_session(backbone, engines, case):
    ((decided, _),) = watch(backbone, case)
    assert State.UNKNOWN not in {it.state for it in decided}
    assert backbone.sessions == 2
    assert engines[0].ended == ['lane 0, session 1']
    first, *others = engines[0].turns['lane 0, session 2'].chunks
    assert len(first['multi_modal_data']['image']) > 1
    assert {len(it.get('multi_modal_data', {}).get('image', ())) for it in others} <= {0, 1}


def test_lanes_are_independent(backbone, case):
    one, other = watch(backbone, case, instructions=2)
    ((alone, said),) = watch(backbone, case)
    assert [it.state for it in one[0]] == [it.state for it in alone]
    assert one[1] == said
    assert State.UNKNOWN not in {it.state for it in other[0]}


def test_the_limit_of_vllm_is_never_reached(backbone, engines):
    """At it vLLM would end, and with it all lanes."""
    slot = backbone.open()
    silence = backbone.prompt.replies[State.SILENCE]
    room = engines[0].arguments['max_model_len']
    full = Request(slot, (silence * backbone.capacity,))
    assert backbone.extend([full]).shape == (1, 3)
    with pytest.raises(BackboneError, match='overflows'):
        backbone.extend([Request(slot, (silence,))])
    assert backbone.capacity < room
    assert not engines[0].dead


def test_a_pass_that_fails_leaves_its_lane_as_it_was(backbone, engines, tiny):
    first, second = backbone.open(), backbone.open()
    sink = backbone.prompt.sink('Say when it boils.')
    backbone.extend([Request(first, (sink,)), Request(second, (sink,))])
    engines[0].faults = [ValueError('no such thing')]
    silence = backbone.prompt.replies[State.SILENCE]
    requests = [Request(first, (silence,)), Request(second, (silence,))]
    with pytest.raises(PartialError, match='vLLM failed: no such thing') as failed:
        backbone.extend(requests)
    assert [isinstance(it, BackboneError) for it in failed.value.results] == [True, False]
    assert (backbone.length(first), backbone.length(second)) == (len(sink), len(sink) + 1)
    (again,) = backbone.extend([requests[0]])
    assert again == pytest.approx(failed.value.results[1], abs=1e-5)


def test_a_pass_that_fails_costs_its_own_lane_alone(backbone, engines):
    """Seen from the core, in a pass and in a step of answers."""
    sink = backbone.prompt.sink('Say when it boils.')
    requests = [Request(backbone.open(), (sink,)), Request(backbone.open(), (sink,))]
    passes = PassRunner(backbone)
    engines[0].faults = [ValueError('no such thing')]
    lost, row = passes.extend(requests)
    assert lost is None
    assert np.isfinite(row).all()
    spoken = backbone.prompt.replies[State.RESPONSE]
    engines[0].faults = [ValueError('no such thing')]
    steps = [Request(request.slot, (spoken,), may_stop=False) for request in requests]
    lost, token = passes.decode(steps, Sampling())
    assert lost is None
    assert token not in backbone.prompt.tokenizer.control_ids
    assert passes.failures == 2


def test_a_dead_engine_is_a_failure_that_a_new_process_mends(backbone, engines):
    """So it counts toward model.max_failures."""
    slot = backbone.open()
    engines[0].dead = True
    passes = PassRunner(backbone)
    request = Request(slot, (backbone.prompt.sink('Say when it boils.'),))
    assert passes.extend([request]) == [None]
    assert passes.failures_in_a_row == 1
    assert 'EngineCore encountered an issue' in passes.last_failure


def test_what_is_taken_back_is_not_in_the_next_session(backbone):
    slot = backbone.open()
    sink = backbone.prompt.sink('Say when it boils.')
    silence = backbone.prompt.replies[State.SILENCE]
    plain = backbone.extend([Request(slot, (sink,))])
    backbone.extend([Request(slot, (silence,))])
    backbone.truncate(slot, len(sink) - 1)
    again = backbone.extend([Request(slot, (sink[-1:],))])
    assert again == pytest.approx(plain, abs=1e-5)
    assert backbone.sessions == 2


def test_an_answer_begins_with_a_word(backbone, monkeypatch):
    slot = backbone.open()
    sink = backbone.prompt.sink('Say when it boils.')
    asked = []
    monkeypatch.setattr(
        backbone._engine, 'append', lambda chunks: asked.extend(chunks) or [Chosen(5, {})]
    )
    sampling = Sampling(temperature=0.7, seed=3, top_k=20, top_p=0.9, repetition_penalty=1.1)
    backbone.decode([Request(slot, (sink,), may_stop=False)], sampling)
    wanted = asked[0].sampling
    assert wanted['min_tokens'] == 1
    assert backbone.prompt.stop in wanted['stop_token_ids']
    assert wanted['seed'] == 3 + len(sink)
    assert (wanted['top_k'], wanted['top_p'], wanted['temperature']) == (20, 0.9, 0.7)
    assert wanted['repetition_penalty'] == 1.1


def test_vllm_is_started_with_bounded_memory_and_without_a_network(backbone, engines):
    arguments = engines[0].arguments
    tokens = 2 * (backbone.capacity + 64)
    assert arguments['kv_cache_memory_bytes'] >= tokens * 2 * 4 * 2 * 32 * 4
    assert arguments['kv_cache_memory_bytes'] == backbone.memory()['window']
    assert arguments['trust_remote_code'] is False
    assert os.environ['VLLM_NO_USAGE_STATS'] == '1'
    assert os.environ['HF_HUB_OFFLINE'] == '1'


def test_vllm_ends_with_the_model(engines, tiny):
    backbone = load(tiny, Options('cpu', lanes=1, runtime='vllm'))
    assert not engines[0].closed
    del backbone
    gc.collect()
    assert engines[0].closed


def test_frames_cannot_be_averaged(backbone, case):
    assert isinstance(context_policy('auto', backbone.info), ChunkPolicy)
    with pytest.raises(ParameterError, match='vLLM keep to themselves'):
        context_policy('round_decay', backbone.info)
    with pytest.raises(BackboneError, match='cannot be averaged'):
        backbone.merge([backbone.encode(next(case.images()))])


@pytest.mark.parametrize(
    ('options', 'sentence'),
    [
        ({'window': 'int8'}, 'context.dtype int8 is not for vLLM'),
        ({'vision': 'tensorrt'}, 'model.vision tensorrt is not for vLLM'),
        ({'capacity': 10**6}, 'more than the 32768 positions'),
    ],
)
def test_what_vllm_cannot_do_is_refused(engines, tiny, options, sentence):
    with pytest.raises(BackboneError, match=sentence):
        load(tiny, Options('cpu', runtime='vllm', **options))


def test_without_vllm_it_says_how_to_install_it(tiny):
    with pytest.raises(BackboneError, match='pip install vllm'):
        load(tiny, Options('cpu', runtime='vllm'))


@pytest.mark.parametrize('path', ['http://127.0.0.1:1/v1', 'model.yaml'])
def test_what_is_no_checkpoint_is_not_run_by_another_engine_in_silence(path):
    with pytest.raises(BackboneError, match=f'{path} is none: set it to torch'):
        load(path, Options(runtime='vllm'))


def test_an_unknown_runtime_is_refused():
    with pytest.raises(BackboneError, match="'tensorrt' is not known: use torch, vllm"):
        load('anything', Options(runtime='tensorrt'))
