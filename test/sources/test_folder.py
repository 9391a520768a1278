# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Image folders: times in names and tables, whatever their unit and whoever wrote them."""

from __future__ import annotations

from decimal import Decimal

import cv2
import numpy as np
import pytest

from streamo_ros.sources.base import FIRST_STAMP
from streamo_ros.sources.base import SourceError
from streamo_ros.sources.folder_times import read_times
from streamo_ros.sources.open import open_source

SECOND = 1_000_000_000
START = 1_700_000_000


def picture(path, value=9):
    cv2.imwrite(str(path), np.full((8, 8, 3), value, np.uint8))


def stamps(path):
    return [record.stamp for record in open_source(path).records()]


@pytest.mark.parametrize(
    ('numbers', 'seconds', 'note'),
    [
        # Dates.
        ([START, START + 1], 1, ''),
        ([START * 1000, START * 1000 + 500], 0.5, 'milliseconds'),
        ([START * 10**6, START * 10**6 + 500_000], 0.5, 'microseconds'),
        ([START * 10**9, START * 10**9 + 500_000_000], 0.5, ''),
        # Seconds since the start, as the advice says to write them.
        ([0, 1], 1, 'seconds'),
        ([0, 30], 30, 'seconds'),
        # Uptimes of drivers: the interval between images tells.
        ([123_456_789_012, 123_490_122_345], 0.033333333, 'nanoseconds'),
        ([0, 50_000_000], 0.05, 'nanoseconds'),
        ([0, 5_000_000], 0.005, 'nanoseconds'),
        ([7_123_456_789, 7_123_490_122], 0.033333, 'microseconds'),
        ([123_456_789, 123_456_822], 0.033, 'milliseconds'),
    ],
)
def test_unit_of_integers_is_the_plausible_one(numbers, seconds, note):
    times = read_times([Decimal(number) for number in numbers])
    assert times.stamps[1] - times.stamps[0] == round(seconds * SECOND)
    assert times.note == (note and f'its times are read as {note}')


def test_numbers_with_a_point_are_seconds():
    times = read_times([Decimal('1700000000000.5'), Decimal('1700000000001')])
    assert times.stamps[1] - times.stamps[0] == SECOND // 2
    assert times.note == ''


@pytest.mark.parametrize(('digits', 'note'), [(3, 'milliseconds'), (6, 'microseconds'), (9, '')])
def test_names_are_dates_in_any_unit(tmp_path, digits, note):
    for half in range(4):
        picture(tmp_path / f'{START * 10**digits + half * 10**digits // 2}.png')
    assert stamps(tmp_path) == [START * SECOND + half * SECOND // 2 for half in range(4)]
    assert note in open_source(tmp_path).note


@pytest.mark.parametrize('separator', '_-')
def test_both_fields_of_a_stamp_are_a_time(tmp_path, separator):
    for half in range(3):
        picture(tmp_path / f'{START + half // 2}{separator}{half % 2 * 500_000_000:09d}.png')
    assert stamps(tmp_path) == [START * SECOND + half * SECOND // 2 for half in range(3)]


@pytest.mark.parametrize(
    'name',
    ['1_5', '1_500_000_000', '0000000012', '12', '\u0661\u0662.5', '+1.5', 'NaN', 'inf'],
)
def test_what_only_looks_like_a_number_is_no_time(tmp_path, name):
    picture(tmp_path / f'{name}.png')
    with pytest.raises(SourceError, match='is not a time'):
        open_source(tmp_path)


@pytest.mark.parametrize(
    ('table', 'images', 'line'),
    [
        ('data.csv', 'data', '{0}500000000,{0}500000000.png'),
        ('rgb.txt', 'rgb', '{0}.500000 rgb/{0}500000000.png'),
    ],
)
def test_images_may_lie_beside_their_table_as_in_euroc_and_tum(tmp_path, table, images, line):
    (tmp_path / 'cam0' / images).mkdir(parents=True)
    for second in range(2):
        picture(tmp_path / 'cam0' / images / f'{START + second}500000000.png')
    lines = ['#timestamp [ns],filename', *(line.format(START + second) for second in range(2))]
    (tmp_path / 'cam0' / table).write_text('\r\n'.join(lines))
    halves = [(START + second) * SECOND + SECOND // 2 for second in range(2)]
    assert stamps(tmp_path / 'cam0') == halves
    with pytest.raises(SourceError, match=f': give {tmp_path}/cam0$'):
        open_source(tmp_path)


def test_hidden_files_of_other_systems_are_no_images(tmp_path):
    picture(tmp_path / '0.5.png')
    for name in ('._0.5.png', '.DS_Store', 'Thumbs.db', '.hidden.png'):
        (tmp_path / name).write_bytes(b'no image')
    assert stamps(tmp_path) == [SECOND // 2]


@pytest.mark.parametrize(
    'text',
    [
        'timestamp,filename\r\n0.0,a.png\r\n0.5,b.png\r\n',
        '\ufeff0.0,a.png\n0.5,b.png\n',
        '\ufefftime;file\n0,0;a.png\n0,5;b.png\n',
        '0.0;a.png\n0.5;b.png\n',
        '0.0\ta.png\n0.5\tb.png\n',
        '# comment\n\n 0.0 , a.png\n 0.5 , b.png',
        '"0.0","a.png"\n"0.5","b.png"\n',
        '0.5,b.png\n0.0,a.png\n',
    ],
)
@pytest.mark.parametrize('encoding', ['utf-8', 'utf-16'])
def test_tables_of_spreadsheets_are_read(tmp_path, text, encoding):
    for name in 'ab':
        picture(tmp_path / f'{name}.png')
    data = text.encode(encoding) if encoding == 'utf-8' else text.lstrip('\ufeff').encode('utf-16')
    (tmp_path / 'times.csv').write_bytes(data)
    assert stamps(tmp_path) == [FIRST_STAMP, FIRST_STAMP + SECOND // 2]


@pytest.mark.parametrize(
    ('text', 'sentence'),
    [
        (b'time,file\nname,file\n', "line 2 of .* is not 'TIME,FILE' but 'name,file'"),
        (b'0.5\n', "line 1 of .* is not 'TIME,FILE' but '0.5'"),
        (b'0.5,b.png\n', 'names b.png, which does not exist: correct the table'),
        (b'\xff\xfe\xff', 'is not text in UTF-8'),
        (b'time,file\n', 'has no images with times: write a table'),
    ],
)
def test_what_is_wrong_with_a_table_is_named(tmp_path, text, sentence):
    (tmp_path / 'a.png').write_bytes(b'')
    (tmp_path / 'times.csv').write_bytes(text)
    with pytest.raises(SourceError, match=sentence):
        open_source(tmp_path)
