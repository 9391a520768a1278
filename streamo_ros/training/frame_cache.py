# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Sampled frames of videos as folders of images, so that training decodes no video.

A folder is a source like any other (`sources.folder`): images and a table of their times. The
table is written last, so a folder with a table is complete.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from streamo_ros.core.frame import SECOND
from streamo_ros.files import write_bytes
from streamo_ros.files import write_text
from streamo_ros.training.record import AnnotationError
from streamo_ros.training.video_frames import FRAME_TABLE
from streamo_ros.training.video_frames import frames_at

# Hardly larger than with more effort, and written several times as fast.
_PNG_EFFORT = 1


@dataclass(frozen=True)
class FrameCache:
    """Folders of frames, one for each video and sampling.

    Attributes:
        root: where they are.
        quality: of JPEG, 1 to 100; 0 = PNG, which loses nothing.
    """

    root: Path
    quality: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.quality <= 100:
            raise AnnotationError(f'the JPEG quality {self.quality} is not between 1 and 100')

    def folder(self, video: Path, times: Iterable[Fraction]) -> Path:
        """The folder with these frames of a video; made unless it is there.

        Args:
            video: the video.
            times: of frames, in seconds since the first one.

        Raises:
            AnnotationError: a frame cannot be decoded.
            WriteError: a file cannot be written.
        """
        stamps = sorted({round(time * SECOND) for time in times})
        folder = self.root / self._name(video, stamps)
        if (folder / FRAME_TABLE).is_file():
            return folder
        lines = ['seconds,file']
        shown = frames_at(video, [Fraction(stamp, SECOND) for stamp in stamps])
        for number, (stamp, image) in enumerate(zip(stamps, shown, strict=True)):
            name = f'{number:06d}.{"jpg" if self.quality else "png"}'
            write_bytes(folder / name, self._encoded(image))
            lines.append(f'{stamp // SECOND}.{stamp % SECOND:09d},{name}')
        write_text(folder / FRAME_TABLE, '\n'.join(lines) + '\n')
        return folder

    def _name(self, video: Path, stamps: Iterable[int]) -> str:
        """A name that changes with the video, the times and the format."""
        state = video.stat()
        facts = (str(video.resolve()), state.st_size, state.st_mtime_ns, self.quality, *stamps)
        digest = hashlib.sha256('\0'.join(map(str, facts)).encode()).hexdigest()
        return f'{video.stem}-{digest[:12]}'

    def _encoded(self, image: NDArray[np.uint8]) -> bytes:
        options = [cv2.IMWRITE_PNG_COMPRESSION, _PNG_EFFORT]
        if self.quality:
            options = [cv2.IMWRITE_JPEG_QUALITY, self.quality]
        suffix = '.jpg' if self.quality else '.png'
        _, data = cv2.imencode(suffix, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), options)
        return data.tobytes()
