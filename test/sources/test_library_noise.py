# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What image libraries print by themselves does not reach the user; all else does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.compressed_image import decode_compressed
from streamo_ros.sources.library_noise import library_noise_muted
from streamo_ros.sources.open import open_source
from streamo_ros.sources.pixels import ImageError


@pytest.fixture
def photo() -> bytes:
    noise = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    return bytes(cv2.imencode('.jpg', cv2.GaussianBlur(noise, (9, 9), 3))[1])


def test_libjpeg_is_not_heard(photo: bytes, capfd) -> None:
    usual_of_webcams = photo[:-2] + bytes(range(1, 80)) + photo[-2:]
    cv2.imdecode(np.frombuffer(usual_of_webcams, np.uint8), cv2.IMREAD_COLOR)
    assert 'Corrupt JPEG data' in capfd.readouterr().err

    assert decode_compressed('jpeg', usual_of_webcams).shape == (120, 160, 3)
    with pytest.raises(ImageError, match='truncated'):
        decode_compressed('jpeg', photo[: len(photo) // 2])

    assert capfd.readouterr().err == ''


def test_an_absent_camera_is_our_sentence_alone(capfd) -> None:
    with pytest.raises(SourceError, match='cannot be opened'):
        open_source('/dev/video99')

    assert capfd.readouterr().err == ''


def test_what_others_print_meanwhile_comes_whole_and_in_order(capfd) -> None:
    for number in range(2):
        with library_noise_muted():
            os.write(2, b'[INFO] [node]: before %d\nCorrupt JPEG data: 1 extra' % number)
            os.write(2, b'neous bytes\nlibpng warning: iCCP\n[ WARN:0@0.05] global cap.cpp\n')
            os.write(2, b'Traceback: after\nunfinished ')
        os.write(2, b'line\n')

    said = capfd.readouterr().err
    assert said == ''.join(
        f'[INFO] [node]: before {number}\nTraceback: after\nunfinished line\n' for number in (0, 1)
    )


def test_an_error_inside_is_raised_and_the_terminal_is_back(capfd) -> None:
    with pytest.raises(KeyError), library_noise_muted():
        raise KeyError
    os.write(2, b'heard\n')

    assert capfd.readouterr().err == 'heard\n'


def test_a_process_without_a_terminal_decodes_all_the_same(photo: bytes, tmp_path: Path) -> None:
    (tmp_path / 'photo.jpg').write_bytes(photo)
    code = (
        'import os, pathlib, sys\n'
        'from streamo_ros.sources.compressed_image import decode_compressed\n'
        'os.close(2)\n'
        'print(decode_compressed("jpeg", pathlib.Path(sys.argv[1]).read_bytes()).shape)'
    )
    done = subprocess.run(
        [sys.executable, '-c', code, tmp_path / 'photo.jpg'],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )

    assert done.stdout == '(120, 160, 3)\n'
