# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MCAP files in place: order over overlapping chunks, and damage anywhere is one clear error."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from streamo_ros.sources.base import SourceError
from streamo_ros.sources.mcap import McapFile

MAGIC = b'\x89MCAP0\r\n'


def record(opcode, body):
    return struct.pack('<BQ', opcode, len(body)) + body


def text(value):
    return struct.pack('<I', len(value)) + value.encode()


def message(channel, log_time, data):
    return record(5, struct.pack('<HIQQ', channel, 0, log_time, log_time) + data)


def chunk(*messages):
    times = [log_time for _, log_time, _ in messages]
    records = b''.join(message(*one) for one in messages)
    head = struct.pack('<QQQI', min(times), max(times), len(records), 0)
    return record(6, head + text('') + struct.pack('<Q', len(records)) + records)


def file_of(path, *parts):
    schema = record(3, struct.pack('<H', 1) + text('pkg/msg/Type') + text('ros2msg') + text(''))
    channels = b''.join(
        record(4, struct.pack('<HH', key, 1) + text(topic) + text('cdr') + struct.pack('<I', 0))
        for key, topic in ((1, '/a'), (2, '/b'))
    )
    head = MAGIC + record(1, text('ros2') + text('')) + schema + channels
    path.write_bytes(head + b''.join(parts) + record(15, bytes(4)) + record(2, bytes(20)) + MAGIC)
    return path


def read(path, topic='/a', salvage=False):
    file = McapFile(path, salvage)
    return [(one.log_time, bytes(one.load())) for one in file.messages(topic)]


def test_chunks_that_overlap_are_read_in_the_order_of_time(tmp_path):
    path = file_of(
        tmp_path / 'a.mcap',
        chunk((1, 5, b'five'), (1, 1, b'one'), (2, 2, b'other')),
        chunk((1, 9, b'nine'), (1, 3, b'three')),
        chunk((2, 4, b'other')),
        message(1, 4, b'loose'),
    )
    assert read(path) == [(1, b'one'), (3, b'three'), (4, b'loose'), (5, b'five'), (9, b'nine')]
    assert [at for at, _ in read(path, '/b')] == [2, 4]


def test_topics_types_counts_and_span_are_known(tmp_path):
    chunks = chunk((1, 5, b''), (1, 7, b'')), chunk((2, 2, b''))
    file = McapFile(file_of(tmp_path / 'a.mcap', *chunks))
    assert {name: (one.type_name, one.count) for name, one in file.topics.items()} == {
        '/a': ('pkg/msg/Type', 2),
        '/b': ('pkg/msg/Type', 1),
    }
    assert file.span == (2, 7)


def test_unknown_records_are_skipped(tmp_path):
    path = file_of(tmp_path / 'a.mcap', record(0x44, b'?'), chunk((1, 5, b'x')), record(0x90, b''))
    assert read(path) == [(5, b'x')]


def test_file_cut_anywhere_is_refused_and_salvaged_to_a_beginning(bags, tmp_path):
    data = (bags / 'zstd_mcap' / 'zstd_mcap.mcap').read_bytes()
    whole = read(bags / 'zstd_mcap' / 'zstd_mcap.mcap', '/camera/image_raw')
    counts = []
    for kept in range(20, len(data) - 40, len(data) // 60):
        (tmp_path / 'cut.mcap').write_bytes(data[:kept])
        with pytest.raises(SourceError, match=r'at byte [0-9]+; add --salvage'):
            McapFile(tmp_path / 'cut.mcap')
        found = read(tmp_path / 'cut.mcap', '/camera/image_raw', salvage=True)
        assert found == whole[: len(found)]
        counts.append(len(found))
    assert counts == sorted(counts)
    assert counts[0] == 0
    assert counts[-1] > 30


def test_flipped_bits_are_never_more_than_an_error_of_the_source(bags, tmp_path):
    data = (bags / 'lz4_mcap.mcap').read_bytes()
    random, errors = np.random.default_rng(5), []
    for _ in range(60):
        broken = bytearray(data)
        for _ in range(3):
            # Most of the file is pixels: half of the flips go to where the structure is.
            end = int(random.choice([200, len(data)]))
            broken[random.integers(8, end)] ^= 1 << int(random.integers(8))
        (tmp_path / 'flipped.mcap').write_bytes(broken)
        for salvage in (False, True):
            try:
                read(tmp_path / 'flipped.mcap', '/camera/image_raw', salvage)
            except SourceError as error:
                errors.append(str(error))
    assert errors
    assert all('flipped.mcap' in error for error in errors)
