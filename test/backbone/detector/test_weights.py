# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The detector's weights are known by their values, whatever file they come in."""

from __future__ import annotations

import numpy as np
import pytest

from streamo_ros.backbone.detector import weights
from streamo_ros.backbone.detector.onnx_weights import convolution_weights
from streamo_ros.backbone.detector.protobuf import field
from streamo_ros.backbone.detector.protobuf import read_fields
from streamo_ros.backbone.detector.protobuf import read_varint
from streamo_ros.backbone.detector.protobuf import write_varint
from streamo_ros.core.interface import BackboneError

SHAPES = ((16, 12, 3, 3), (8, 16, 1, 1), (8, 1, 3, 3))


def make_pairs(seed=0):
    draws = np.random.default_rng(seed)
    return [
        (
            draws.normal(0, 0.1, shape).astype(np.float32),
            draws.normal(0, 1, shape[0]).astype(np.float32),
        )
        for shape in SHAPES
    ]


@pytest.fixture
def known(monkeypatch):
    """Weights that count as the right ones."""
    pairs = make_pairs()
    rgb = [(weights.swap_colors(pairs[0][0]), pairs[0][1]), *pairs[1:]]
    monkeypatch.setattr(weights, 'FINGERPRINT', weights.fingerprint(rgb))
    return pairs


@pytest.mark.parametrize('constants', [False, True])
def test_weights_are_read_in_the_order_of_the_graph(make_onnx, constants) -> None:
    pairs = make_pairs()
    read = convolution_weights(make_onnx(pairs, constants))
    for (weight, bias), (read_weight, read_bias) in zip(pairs, read, strict=True):
        assert np.array_equal(weight, read_weight)
        assert np.array_equal(bias, read_bias)


def test_numbers_of_every_length_are_read_as_written() -> None:
    for value in (0, 1, 127, 128, 300, 2**31, 2**63):
        assert read_varint(write_varint(value), 0) == (value, len(write_varint(value)))
    assert list(read_fields(field(3, 5) + field(4, 'text'))) == [(3, 5), (4, b'text')]
    assert read_varint(write_varint(-1), 0)[0] == 2**64 - 1


def test_the_first_convolution_gets_its_colors_in_the_order_of_a_frame(make_onnx, known) -> None:
    (weight, _), *rest = weights.convert_detector(make_onnx(known), 'a.onnx')
    assert np.array_equal(weight[:, 0], known[0][0][:, 2])
    assert np.array_equal(weight[:, 4], known[0][0][:, 4])
    assert np.array_equal(weight[:, 11], known[0][0][:, 9])
    assert np.array_equal(rest[0][0], known[1][0])


def test_what_is_written_is_read_again(make_onnx, known, tmp_path) -> None:
    file = tmp_path / 'share' / 'detector.safetensors'
    pairs = weights.convert_detector(make_onnx(known), 'a.onnx')
    weights.write_detector(pairs, file)
    for (weight, bias), (read_weight, read_bias) in zip(
        pairs, weights.read_detector(file), strict=True
    ):
        assert np.allclose(weight, read_weight, rtol=1e-3, atol=1e-6)
        assert np.allclose(bias, read_bias, rtol=1e-3, atol=1e-6)
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert file.stat().st_mode & 0o444 == 0o444


def test_other_weights_of_the_same_shape_are_refused(make_onnx, known) -> None:
    with pytest.raises(BackboneError, match=r'b\.onnx holds other weights .* model install'):
        weights.convert_detector(make_onnx(make_pairs(seed=1)), 'b.onnx')


def test_swapped_layers_and_scaled_weights_are_other_weights(make_onnx, known) -> None:
    scaled = [(2 * weight, 2 * bias) for weight, bias in known]
    moved = [known[0], (known[1][0], known[2][1]), (known[2][0], known[1][1])]
    for pairs in (scaled, moved):
        with pytest.raises(BackboneError, match='holds other weights'):
            weights.convert_detector(make_onnx(pairs), 'b.onnx')


@pytest.mark.parametrize(
    'content', [b'', b'PK\x03\x04 not a graph', b'\xff' * 40, b'\x3a\x7fcut off', field(7, b'')]
)
def test_what_is_not_a_graph_is_refused_in_one_sentence(content) -> None:
    with pytest.raises(BackboneError, match=r'^a\.onnx (cannot be read as|is not)'):
        weights.convert_detector(content, 'a.onnx')


def test_a_file_that_is_cut_off_anywhere_is_refused(make_onnx, known) -> None:
    whole = make_onnx(known)
    for size in range(1, len(whole), 997):
        with pytest.raises(BackboneError):
            weights.convert_detector(whole[:size], 'a.onnx')


def test_a_broken_installed_file_says_how_to_get_it_again(tmp_path) -> None:
    file = tmp_path / 'detector.safetensors'
    file.write_bytes(b'\x10' + bytes(20))
    with pytest.raises(BackboneError, match='model install objects` --force'):
        weights.read_detector(file)


def test_absent_weights_say_how_to_get_them(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(weights, 'detector_places', lambda: iter([tmp_path / 'none']))
    with pytest.raises(BackboneError, match='not installed: run `streamo model install objects`'):
        weights.read_detector()


def test_a_file_that_is_named_and_not_there_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv('STREAMO_DETECTOR', str(tmp_path / 'absent'))
    with pytest.raises(BackboneError, match=r'STREAMO_DETECTOR names .*absent'):
        weights.find_detector()
