# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a replay records can be read by others: every topic, typed, with its definitions."""

from __future__ import annotations

import errno
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from rosbags.highlevel import AnyReader

from streamo_ros.core.timed_instruction import TimedInstruction
from streamo_ros.replay.job import ReplayJob
from streamo_ros.replay.job import run_job
from streamo_ros.report.definitions import typestore
from streamo_ros.report.recorder import Recorder
from streamo_ros.report.recorder import RecordError
from streamo_ros.sources.open import open_source

RULES = """
- instruction: watch
  say:
    - {from: 2, to: 3, state: standby}
    - {from: 3, to: 4, state: response, text: 'Three, "grüß"'}
"""


@pytest.fixture
def script(write_script):
    return write_script(RULES)


@pytest.fixture
def recorded(bags, script, tmp_path):
    output = tmp_path / 'out'
    run_job(
        ReplayJob(
            str(bags / 'raw_mcap'),
            script,
            (TimedInstruction('watch'), TimedInstruction('late', 4)),
            output=output,
        )
    )
    return output / 'replay.mcap'


def messages(path):
    with AnyReader([Path(path)]) as reader:
        return [
            (connection.topic, stamp, reader.deserialize(data, connection.msgtype))
            for connection, stamp, data in reader.messages()
        ]


def test_every_topic_of_the_node_is_there_and_typed(recorded):
    counts = Counter(topic for topic, *_ in messages(recorded))
    assert counts == {
        '/camera/image_raw/compressed': 8,
        '/streamo/frame_state': 8 + 4,
        '/streamo/response': 1,
        '/streamo/response_delta': counts['/streamo/response_delta'],
        '/streamo/model_info': 1,
        '/streamo/instructions': 3,
    }
    assert counts['/streamo/response_delta'] > 1


def test_fields_say_what_happened(recorded, bag_writer):
    found = messages(recorded)
    states = [one for topic, _, one in found if topic == '/streamo/frame_state']
    first = [state for state in states if state.instruction_id == 1]
    assert [one.state for one in first] == [1, 1, 2, 3, 1, 1, 1, 1]
    assert first[3].header.frame_id == 'camera'
    assert first[3].header.stamp.sec == bag_writer.START // 10**9 + 3
    assert first[3].response_id == 1
    assert first[3].received_frames == 16
    assert first[3].response_probability > 0.9
    (answer,) = (one for topic, _, one in found if topic == '/streamo/response')
    assert answer.text == 'Three, "grüß"'
    assert (answer.event_start.sec, answer.event_end.sec) == (
        bag_writer.START // 10**9 + 2,
        bag_writer.START // 10**9 + 3,
    )
    assert answer.model_id == 'scripted:rules'
    deltas = [one for topic, _, one in found if topic == '/streamo/response_delta']
    assert ''.join(delta.text for delta in deltas) == answer.text
    assert [delta.is_final for delta in deltas] == [False] * (len(deltas) - 1) + [True]


def test_recorded_time_is_capture_time(recorded):
    for topic, stamp, message in messages(recorded):
        if topic == '/streamo/frame_state':
            assert stamp == message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


def test_recording_can_be_replayed_itself(recorded, bag_writer):
    source = open_source(recorded)
    images = [record.image() for record in source.records()]
    expected = [rgb for number, (_, rgb) in enumerate(bag_writer.frames()) if number % 5 == 0]
    assert np.abs(np.stack(images).astype(int) - np.stack(expected)).mean() < 12
    source.close()


def test_frames_can_be_left_out(bags, script, tmp_path):
    run_job(
        ReplayJob(
            str(bags / 'raw_mcap'),
            script,
            (TimedInstruction('watch'),),
            output=tmp_path,
            images=False,
        )
    )
    topics = {topic for topic, *_ in messages(tmp_path / 'replay.mcap')}
    assert all(topic.startswith('/streamo/') for topic in topics)


def test_serialized_messages_are_recorded_as_they_are(tmp_path):
    text = typestore().types['std_msgs/msg/String']('hello')
    data = bytes(typestore().serialize_cdr(text, 'std_msgs/msg/String'))
    recorder = Recorder(tmp_path / 'one.mcap')
    recorder.write('/chatter', 'std_msgs/msg/String', 5, data)
    recorder.write('/chatter', 'std_msgs/msg/String', 6, text)
    recorder.close()
    recorder.close()
    assert [one.data for _, _, one in messages(tmp_path / 'one.mcap')] == ['hello', 'hello']
    assert [path.name for path in tmp_path.iterdir()] == ['one.mcap']


def test_what_cannot_be_recorded_says_so(tmp_path):
    recorder = Recorder(tmp_path / 'one.mcap')
    with pytest.raises(RecordError, match='of type foo_msgs/msg/Bar cannot be recorded'):
        recorder.write('/foo', 'foo_msgs/msg/Bar', 5, b'')
    recorder.close()
    with pytest.raises(RecordError, match='is closed: nothing more can be recorded'):
        recorder.write('/foo', 'std_msgs/msg/String', 5, b'')
    (tmp_path / 'file').write_bytes(b'')
    with pytest.raises(RecordError, match='cannot be written'):
        Recorder(tmp_path / 'file' / 'one.mcap')


def failing(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize('name', ['write', 'close'])
def test_a_full_disk_leaves_no_part_of_a_recording(tmp_path, monkeypatch, name):
    text = typestore().types['std_msgs/msg/String']('hello')
    (tmp_path / 'one.mcap').write_bytes(b'older')
    recorder = Recorder(tmp_path / 'one.mcap')
    recorder.write('/chatter', 'std_msgs/msg/String', 5, text)
    monkeypatch.setattr(recorder._writer, name, failing)
    finish = {
        'write': lambda: recorder.write('/chatter', 'std_msgs/msg/String', 6, text),
        'close': recorder.close,
    }
    with pytest.raises(RecordError, match=r'one.mcap cannot be written: No space left on device$'):
        finish[name]()
    recorder.close()
    assert [path.name for path in tmp_path.iterdir()] == ['one.mcap']
    assert (tmp_path / 'one.mcap').read_bytes() == b'older'
