# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The embedded model behind HTTP decides what it decides in this process."""

from __future__ import annotations

import base64
import importlib.util
import threading
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.frame import Frame
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings
from streamo_ros.share import share_path

SERVER = Path(__file__).parents[3] / 'dev' / 'tiny_server.py'
FRAMES = 20


@pytest.fixture(scope='module')
def tiny():
    return share_path('models', 'streamo-tiny')


@pytest.fixture(scope='module')
def url(tiny):
    spec = importlib.util.spec_from_file_location('tiny_server', SERVER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    server = module.make_server(tiny)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'http://127.0.0.1:{server.server_port}/v1'
    server.shutdown()
    server.server_close()


@pytest.fixture(scope='module')
def case():
    """A drawn world in which something is answered."""
    settings = SyntheticSettings(seed=5, frames=FRAMES, regular=True, complete=True)
    return next(iter(synthetic_cases(1, settings)))


def watch(backbone, case, images):
    """Decisions and answers of one instruction."""
    book = InstructionBook(1)
    book.add(case.instruction)
    info = backbone.info
    limits = ContextLimits.for_checkpoint(info)
    assistant = Assistant(backbone, book, AssistantSettings(limits=limits))
    events = []
    for moment, image in zip(case.moments, images, strict=True):
        events += assistant.observe(Frame(moment.tick, image))
        while assistant.busy:
            events += assistant.speak(8)
    return (
        [event for event in events if isinstance(event, Decided)],
        [event.text for event in events if isinstance(event, Answered)],
    )


def test_states_and_answers_over_http_are_those_in_process(url, tiny, case):
    """On the same pixels, also behind evictions: the window holds 16 of 20 frames."""
    served = load(url, Options(lanes=1, settings=str(tiny), request_timeout=60))
    sent = [sent_pixels(served.encode(image)) for image in case.images()]
    over_http = watch(served, case, case.images())
    in_process = watch(load(tiny, Options(lanes=1, device='cpu')), case, sent)
    assert [it.state for it in over_http[0]] == [it.state for it in in_process[0]]
    assert State.RESPONSE in {it.state for it in over_http[0]}
    assert over_http[1] == in_process[1] != []
    assert np.array([it.probabilities for it in over_http[0]]) == pytest.approx(
        np.array([it.probabilities for it in in_process[0]]), abs=1e-4
    )


def sent_pixels(frame):
    """The picture that the server sees."""
    data = base64.b64decode(frame.url.partition(',')[2])
    return np.asarray(Image.open(BytesIO(data)).convert('RGB'))
