# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever stands in a file of YAML or JSON, it is read, or refused as a bad document."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from streamo_ros.config.parameter import ParameterError
from streamo_ros.config.params_file import read_parameters
from streamo_ros.documents import load_json
from streamo_ros.documents import load_yaml

PACKAGE = Path(__file__).parents[1] / 'streamo_ros'
DEEP = '[' * 100_000


def test_what_is_nested_too_deeply_is_a_bad_document():
    with pytest.raises(yaml.YAMLError, match='it is nested too deeply'):
        load_yaml('[' * 2000)
    with pytest.raises(ValueError, match='it is nested too deeply'):
        load_json(DEEP)
    with pytest.raises(ValueError, match='it is nested too deeply'):
        load_json(DEEP.encode())


def test_a_date_that_does_not_exist_is_a_bad_document():
    with pytest.raises(yaml.YAMLError, match='month must be in'):
        load_yaml('day: 2024-99-99')


@pytest.mark.parametrize('text', ['1e-3', '1E3', '-2.5e+2', '.5e1', '1.e2'])
def test_numbers_are_read_as_ros_reads_them(text):
    assert load_yaml(f'rate: {text}') == {'rate': float(text)}


def test_no_yaml_is_parsed_elsewhere():
    callers = [
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob('*.py')
        for node in ast.walk(ast.parse(file.read_text('utf-8')))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ('yaml.load', 'yaml.safe_load')
    ]
    # What the package ships itself, or writes itself; and truth files, which note their lines.
    assert sorted(callers) == [
        'documents.py',
        'evaluation/benchmarks/ovo_bench.py',
        'evaluation/phrasings.py',
        'evaluation/recordings/truth_file.py',
        'node/live_node.py',
    ]


@pytest.mark.parametrize(
    ('content', 'sentence'),
    [
        (None, r'the parameter file .*robot\.yaml cannot be read: No such file'),
        ('folder', r'the parameter file .*robot\.yaml cannot be read: Is a directory'),
        ('/**:'.encode('utf-16'), r'robot\.yaml cannot be read: it is not text in UTF-8'),
        (b'', r'robot\.yaml is not a parameter file \(it is empty\): it must begin with'),
        (b'- a', r'is not a parameter file \(it is not a mapping\): it must begin with'),
        (b'/**: 5', r'is not a parameter file \(/\*\* is not a mapping\)'),
        (b'/**:\n  ros__parameters: [1]', r'\(ros__parameters is not a mapping\)'),
        (b'{a: ' * 1000, r'is not a parameter file \(it is nested too deeply\)'),
        (b'/**:\n\tros__parameters:\n', r'is not a parameter file \(found character .*line 2'),
    ],
)
def test_what_is_no_parameter_file_is_refused_without_words_of_python(tmp_path, content, sentence):
    file = tmp_path / 'robot.yaml'
    if content == 'folder':
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    with pytest.raises(ParameterError, match=sentence) as caught:
        read_parameters(file)
    assert 'object' not in str(caught.value)
    assert 'Errno' not in str(caught.value)


@pytest.mark.parametrize('around', [b'\xef\xbb\xbf%s', b'%s'])
def test_byte_order_marks_and_windows_line_ends_are_read(tmp_path, around):
    file = tmp_path / 'robot.yaml'
    lines = b'/**:\r\n  ros__parameters:\r\n    sampling:\r\n      rate: 2.5e-1\r\n'
    file.write_bytes(around % lines)
    assert read_parameters(file) == {'sampling.rate': 0.25}
