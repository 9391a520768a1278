# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One instruction on one backbone, frame by frame, with what each frame took; and its frames."""

from __future__ import annotations

import base64
import itertools
import statistics
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from streamo_ros.backbone.session.backbone import SessionBackbone
from streamo_ros.core.assistant import Assistant
from streamo_ros.core.assistant_settings import AssistantSettings
from streamo_ros.core.context_limits import ContextLimits
from streamo_ros.core.events import Answered
from streamo_ros.core.events import Decided
from streamo_ros.core.eviction.chunk import ChunkPolicy
from streamo_ros.core.frame import Frame
from streamo_ros.core.frame import SECOND
from streamo_ros.core.frame import Tick
from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.interface import Backbone
from streamo_ros.core.protocol import State
from streamo_ros.evaluation.synthetic import synthetic_cases
from streamo_ros.evaluation.synthetic import SyntheticSettings

AROUND = 5
"""Frames on either side of one whose wall time is given as their median."""
BLOCK = 100
"""Frames whose processor time is given as their mean: a server's is counted in hundredths."""
Pixels = NDArray[np.uint8]


class Watch:
    """One instruction on one backbone, frame by frame.

    Args:
        backbone: it.
        instruction: what is watched for.
        max_frames: of its lane; 0 = what the checkpoint wants.
        processor: gives the processor seconds used so far.
    """

    def __init__(
        self,
        backbone: Backbone,
        instruction: str,
        max_frames: int = 0,
        processor: Callable[[], float] = time.process_time,
    ) -> None:
        self.backbone = backbone
        self.decided: list[Decided] = []
        self.texts: list[str] = []
        self.seconds: list[float] = []
        self.processor = [0.0]
        self._clock = processor
        book = InstructionBook(1)
        book.add(instruction)
        limits = ContextLimits.for_checkpoint(backbone.info, max_frames)
        self.max_frames = limits.max_frames
        settings = AssistantSettings(limits=limits)
        self._assistant = Assistant(backbone, book, settings, policy=ChunkPolicy())

    def see(self, image: Pixels, at: int) -> Decided:
        """Decide a frame, and answer it where that is due.

        Args:
            image: of the frame.
            at: its second.
        """
        tick = Tick(1 + at * SECOND, Fraction(at), Fraction(at + 1), at, 1)
        used, began = self._clock(), time.perf_counter()
        events = self._assistant.observe(Frame(tick, image))
        while self._assistant.busy:
            events += self._assistant.speak(8)
        self.seconds.append(time.perf_counter() - began)
        self.processor.append(self.processor[-1] + self._clock() - used)
        self.decided += [event for event in events if isinstance(event, Decided)]
        self.texts += [event.text for event in events if isinstance(event, Answered)]
        return self.decided[-1]

    def milliseconds(self, frame: int) -> float:
        """Around a frame, the median of those that were not answered."""
        near = range(max(0, frame - AROUND), min(frame + AROUND, len(self.seconds)))
        quiet = [self.seconds[at] for at in near if self.decided[at].state is not State.RESPONSE]
        return round(1000 * statistics.median(quiet or [self.seconds[at] for at in near]), 1)

    def processor_milliseconds(self, frame: int) -> float:
        """Mean of the frames up to one."""
        first = max(0, frame - BLOCK)
        used = self.processor[frame] - self.processor[first]
        return round(1000 * used / (frame - first), 1)


def differences(both: Sequence[tuple[Decided, Decided]]) -> Iterator[float]:
    """Of the probabilities, frame by frame."""
    for there, here in both:
        if State.UNKNOWN not in (there.state, here.state):
            pairs = zip(there.probabilities, here.probabilities, strict=True)
            yield max(abs(one - other) for one, other in pairs)


def scenes(seed: int) -> tuple[str, Iterator[Pixels]]:
    """An instruction, and frames of drawn worlds without end."""
    settings = SyntheticSettings(seed=seed, families=('appear',), regular=True, complete=True)
    cases = synthetic_cases(1 << 30, settings)
    first = next(cases)
    size = next(iter(first.images())).shape

    def frames() -> Iterator[Pixels]:
        for case in itertools.chain([first], cases):
            # A frame of another size would begin the dialogue anew.
            yield from itertools.takewhile(lambda image: image.shape == size, case.images())

    return first.instruction, frames()


def sent_pixels(served: Backbone, image: Pixels) -> Pixels:
    """A frame as the server sees it: behind JPEG. In vLLM here: resized."""
    frame: Any = served.encode(image)
    if isinstance(served, SessionBackbone):
        return np.asarray(frame.picture)
    data = base64.b64decode(frame.url.partition(',')[2])
    return np.asarray(Image.open(BytesIO(data)).convert('RGB'))
