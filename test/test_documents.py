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
from streamo_ros.config.params_file import refuse_repetitions
from streamo_ros.core.errors import one_line
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


@pytest.mark.parametrize('lines', [False, True])
@pytest.mark.parametrize(
    'text', ['a: 1\nb: 2\na: 3', '- {x: 1}\n- a: 1\n  "a": 2', 'x: &x\n  {a: 1,\n  a: 1}']
)
def test_a_repeated_key_is_named_with_its_lines(text, lines):
    at, again = [at for at, line in enumerate(text.split('\n'), 1) if 'a' in line]
    with pytest.raises(yaml.YAMLError) as caught:
        load_yaml(text, lines)
    assert one_line(caught.value).startswith(
        f"the key 'a' of line {at} is repeated, line {again}, column "
    )


def test_what_is_overridden_or_written_alike_in_another_mapping_is_no_repetition():
    text = 'a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, y: 4}\n1: 5\n"1": 6'
    assert load_yaml(text) == {
        'a': {'x': 1, 'y': 2},
        'b': {'x': 3, 'y': 2},
        'c': {'x': 3, 'y': 4},
        1: 5,
        '1': 6,
    }


def test_no_yaml_is_parsed_elsewhere():
    callers = [
        file.relative_to(PACKAGE).as_posix()
        for file in PACKAGE.rglob('*.py')
        for node in ast.walk(ast.parse(file.read_text('utf-8')))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ('yaml.load', 'yaml.safe_load')
    ]
    assert callers == ['documents.py']


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


@pytest.mark.parametrize('read', [read_parameters, refuse_repetitions])
@pytest.mark.parametrize(
    ('lines', 'sentence'),
    [
        (
            ('sampling:', '  rate: 1.0', '  rate: 2.0'),
            r"robot\.yaml: the key 'rate' of line 4 is repeated, line 5, column 7: remove one",
        ),
        (
            ('sampling.rate: 1.0', 'sampling: {rate: 2.0}'),
            r'robot\.yaml: the parameter sampling\.rate is repeated: remove one of the two',
        ),
    ],
)
def test_a_parameter_that_is_given_twice_is_refused(tmp_path, read, lines, sentence):
    file = tmp_path / 'robot.yaml'
    file.write_text('\n    '.join(('/**:\n  ros__parameters:', *lines)))
    with pytest.raises(ParameterError, match=sentence):
        read(file)


@pytest.mark.parametrize(
    'content', [None, b'\xff\xfe', b'{', b'- a', b'', b'/**: {a: 1}\n/x: {a: 1}']
)
def test_what_else_is_wrong_with_a_file_is_left_to_ros(tmp_path, content):
    file = tmp_path / 'robot.yaml'
    if content is not None:
        file.write_bytes(content)
    refuse_repetitions(file)
