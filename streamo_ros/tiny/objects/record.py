# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Records what the detector sees in videos: `python -m streamo_ros.tiny.objects.record VIDEO ...`.

The file holds numbers alone: kinds, boxes, shares of colors, the names of the videos and hashes of
their content. `streamo train config/train/streamo-objects-real.yaml` trains on it.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from streamo_ros.backbone import load
from streamo_ros.backbone import Options
from streamo_ros.backbone.streaming import StreamingBackbone
from streamo_ros.backbone.streamo_objects import DetectionHead
from streamo_ros.backbone.vision import EncodedVision
from streamo_ros.backbone.vision.detections import Detections
from streamo_ros.files import write_bytes
from streamo_ros.program import CommandParser
from streamo_ros.program import run_program
from streamo_ros.share import EMBEDDED
from streamo_ros.share import OBJECTS
from streamo_ros.share import share_path
from streamo_ros.training.train_config import TrainingError
from streamo_ros.training.video_frames import frames_at
from streamo_ros.training.video_frames import sample_video
from streamo_ros.worlds.objects.recorded import DetectionRecording
from streamo_ros.worlds.objects.recorded import packed
from streamo_ros.worlds.objects.recorded import RATE
from streamo_ros.worlds.objects.stream import NOTHING
from streamo_ros.worlds.objects.stream import PLACES

_FEWEST = 24
"""Frames of the shortest recording."""


def main(argv: Sequence[str] | None = None) -> int:
    """Write the recordings of some videos."""
    parser = CommandParser(
        prog='python -m streamo_ros.tiny.objects.record', description=__doc__.splitlines()[0]
    )
    parser.add_argument('videos', type=Path, nargs='+', help='video files')
    embedded = share_path('models', EMBEDDED[OBJECTS])
    parser.add_argument('--model', type=Path, default=embedded, help='default streamo-objects')
    parser.add_argument(
        '--seconds', type=int, default=16, help='the most of a video; default %(default)s'
    )
    parser.add_argument('--output', type=Path, required=True, help='.npz file')
    options = parser.parse_args(argv)
    detector = Detector(options.model)
    recordings = [detector.record(video, options.seconds) for video in options.videos]
    kept = [recording for recording in recordings if len(recording.kind) >= _FEWEST]
    short = len(recordings) - len(kept)
    write_bytes(options.output, packed(kept))
    left_out = f', {short} shorter than {_FEWEST / RATE:g} s left out' if short else ''
    print(f'{options.output}: {len(kept)} videos{left_out}')
    return 0


class Detector:
    """Sees what streamo-objects sees.

    Args:
        model: folder of a checkpoint that sees with a detector.

    Raises:
        BackboneError: it cannot be loaded.
        TrainingError: it sees otherwise.
    """

    def __init__(self, model: Path) -> None:
        self._backbone: Any = load(model, Options(lanes=1, wait=True))
        backbone = self._backbone
        if not (
            isinstance(backbone, StreamingBackbone)
            and isinstance(backbone.frames.head, DetectionHead)
        ):
            raise TrainingError(f'{model} does not see with a detector: take streamo-objects')
        self._seen: list[Detections] = []
        backbone.frames.head = _Noting(backbone.frames.head, self._seen)

    def record(self, video: Path, seconds: int) -> DetectionRecording:
        """What it sees in a video, `RATE` times a second.

        Raises:
            AnnotationError: the video cannot be read.
        """
        self._seen.clear()
        times = sorted(sample_video(video, Fraction(RATE)).times.values())[: seconds * RATE]
        for image in frames_at(video, times):
            self._backbone.encode(image)
        digest = hashlib.sha256(video.read_bytes()).hexdigest()
        return DetectionRecording(
            f'{video.name} {digest}',
            _rows([seen.kind for seen in self._seen], NOTHING),
            _rows([seen.box for seen in self._seen], 0),
            _rows([seen.color for seen in self._seen], 0),
        )


class _Noting(DetectionHead):
    """A detection head that keeps what was seen."""

    def __init__(self, head: DetectionHead, seen: list[Detections]) -> None:
        super().__init__(head.tokens, head.names)
        self._seen = seen

    def embed(self, detections: Detections, grid: tuple[int, int]) -> EncodedVision:
        self._seen.append(detections)
        return super().embed(detections, grid)


def _rows(parts: Sequence[torch.Tensor], fill: float) -> NDArray[Any]:
    """One array of all frames, with all places of a stream."""
    rows = torch.stack(list(parts)).numpy()
    width = [(0, 0)] * rows.ndim
    width[1] = 0, PLACES - rows.shape[1]
    return np.pad(rows, width, constant_values=fill)


if __name__ == '__main__':
    sys.exit(run_program('record', main))
