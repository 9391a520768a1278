# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The action ~/ask: questions about the past, from the record and from the model."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest
from action_msgs.msg import GoalStatus
from streamo_ros.msg import FrameState
from streamo_ros.msg import Response

from streamo_ros.memory.reader import StoreReader

try:
    from streamo_ros.action import Ask
except ImportError:
    pytest.skip('Ask.action is not built yet: run make setup', allow_module_level=True)

Result = Ask.Result


class Client:
    """A client of ~/ask."""

    def __init__(self, peer, wait_for) -> None:
        from rclpy.action import ActionClient

        self.peer, self.wait_for = peer, wait_for
        self.client = ActionClient(peer.node, Ask, peer.full('~/ask'))
        wait_for(self.client.server_is_ready, what='the action server')

    def ask(self, question: str, feedback: list | None = None, **fields: object):
        heard = [] if feedback is None else feedback
        future = self.peer.do(
            lambda: self.client.send_goal_async(
                Ask.Goal(question=question, **fields),
                lambda message: heard.append(message.feedback),
            )
        )
        self.wait_for(future.done, what='the goal is accepted')
        result = self.peer.do(future.result().get_result_async)
        self.wait_for(result.done, what='the result of a goal')
        return result.result().status, result.result().result


@pytest.fixture
def watched(start, peer, wait_for):
    """A node that watched a kettle boil, with a memory; its camera, and the second of the answer.

    That is 1005, or a second later where the first frame was lost on its way.
    """

    def run(folder: Path, **parameters: object):
        node = start(memory__path=folder, **parameters)
        wait_for(lambda: peer.state() == 'active')
        peer.instruct('Tell me when the kettle boils.')
        heard = peer.hear('~/response', Response)
        camera = peer.camera().matched()
        camera.film(1000, 1008, wait=0.1)
        wait_for(lambda: heard, what='the kettle boils')
        second = heard[0].event_end.sec
        assert second in (1005, 1006)
        return node, camera, second

    return run


def test_the_record_answers_with_evidence(watched, peer, wait_for, tmp_path) -> None:
    *_, boiled = watched(tmp_path / 'memory', memory__answers='record')
    feedback: list[Ask.Feedback] = []
    status, result = Client(peer, wait_for).ask('When did the kettle boil?', feedback)
    assert (status, result.outcome) == (GoalStatus.STATUS_SUCCEEDED, Result.OUTCOME_ANSWERED)
    assert 'From the record: ' in result.text
    assert [stamp.sec for stamp in result.evidence_stamps] == [boiled]
    assert feedback[0].stage == 'searching'
    status, result = Client(peer, wait_for).ask('When did the phone ring?')
    assert (status, result.outcome) == (GoalStatus.STATUS_SUCCEEDED, Result.OUTCOME_NOT_FOUND)
    assert 'phone' in result.message


def test_a_model_looks_again_at_kept_pictures(watched, peer, wait_for, tmp_path) -> None:
    watched(tmp_path / 'memory', memory__answers='model')
    client = Client(peer, wait_for)
    # First, because a question is told what was asked before it, and the script goes by words.
    _, result = client.ask('Did nothing happen?')
    assert result.outcome == Result.OUTCOME_NOT_FOUND
    feedback: list[Ask.Feedback] = []
    status, result = client.ask('Was it always there?', feedback, max_frames=4)
    assert (status, result.outcome) == (GoalStatus.STATUS_SUCCEEDED, Result.OUTCOME_ANSWERED)
    assert result.text == 'Yes, here it is.'
    assert len(result.evidence_stamps) == 4
    assert result.probability > 0.9
    stages = {'searching', 'looking', 'answering'}
    wait_for(lambda: stages <= {one.stage for one in feedback}, what='the feedback')


def test_a_killed_node_answers_about_the_time_before(
    watched, start, meet, wait_for, tmp_path
) -> None:
    node, _, boiled = watched(tmp_path / 'memory')
    time.sleep(0.5)
    node.process.kill()
    node.process.wait()
    start(memory__path=tmp_path / 'memory')
    peer = meet()
    wait_for(lambda: peer.state() == 'active')
    _, result = Client(peer, wait_for).ask('When did the kettle boil?')
    assert result.outcome == Result.OUTCOME_ANSWERED
    assert [stamp.sec for stamp in result.evidence_stamps] == [boiled]


def test_a_killed_node_goes_on_with_what_it_saw(watched, start, meet, wait_for, tmp_path) -> None:
    parameters = {
        'memory__path': tmp_path / 'memory',
        'journal__path': tmp_path / 'journal.sqlite',
        'journal__context': True,
    }
    node, *_ = watched(tmp_path / 'memory', **{k: v for k, v in parameters.items() if 'j' in k})
    time.sleep(0.5)
    node.process.kill()
    node.process.wait()
    start(**parameters)
    peer = meet()
    wait_for(lambda: peer.state() == 'active')
    states = peer.hear('~/frame_state', FrameState)
    peer.camera().matched().film(1020, 1022, wait=0.1)
    wait_for(lambda: states, what='a decision')
    # One frame a second from 1000 s on was kept; eight of them come back.
    assert states[0].time_origin.sec in (1000, 1001)
    assert states[0].context_tokens > 8 * 12


def test_the_model_summarizes_the_past_between_frames_and_it_survives_kill_9(
    watched, start, meet, peer, wait_for, tmp_path
) -> None:
    statuses = peer.diagnostics()
    folder = tmp_path / 'memory'
    parameters = {
        'memory__path': folder,
        'memory__summarizer': 'model',
        'memory__chunk': 10.0,
        'memory__summary_lead': 5.0,
        'memory__answers': 'model',
    }
    given = {key: value for key, value in parameters.items() if key != 'memory__path'}
    node, camera, _ = watched(folder, **given)

    def texts() -> list[str]:
        with closing(StoreReader(folder)) as reader:
            return [row.text for row in reader.summaries()]

    wait_for(lambda: texts() == ['A kettle was used.'], what='the summary')

    def counted() -> bool:
        memory = [one for one in statuses if one.name.endswith('memory')]
        values = {value.key: value.value for one in memory for value in one.values}
        return values.get('summaries: written') == '1'

    wait_for(counted, what='the diagnostics')
    states = peer.hear('~/frame_state', FrameState)
    camera.film(1009, 1012, wait=0.1)
    wait_for(lambda: len(states) >= 4, what='later frames')
    node.process.kill()
    node.process.wait()
    assert texts() == ['A kettle was used.']
    start(**parameters)
    peer = meet()
    wait_for(lambda: peer.state() == 'active')
    # The script goes by the words of the summary, which stand in front of the question.
    _, result = Client(peer, wait_for).ask('What happened then?')
    assert result.text == 'So I was told.'


def test_summaries_without_a_memory_are_refused_at_configure(start, wait_for) -> None:
    node = start(memory__summarizer='model')
    assert node.ended() == 2
    assert 'memory.summarizer model needs a memory' in node.text


def test_without_a_memory_a_question_is_refused_in_a_sentence(start, peer, wait_for) -> None:
    start()
    wait_for(lambda: peer.state() == 'active')
    status, result = Client(peer, wait_for).ask('What happened?')
    assert (status, result.outcome) == (GoalStatus.STATUS_ABORTED, Result.OUTCOME_ERROR)
    assert 'set memory.path' in result.message


@pytest.mark.parametrize('question', ['', 'What happened tomorrow?'])
def test_bad_questions_are_refused_in_a_sentence(
    watched, peer, wait_for, tmp_path, question
) -> None:
    watched(tmp_path / 'memory')
    status, result = Client(peer, wait_for).ask(question)
    assert (status, result.outcome) == (GoalStatus.STATUS_ABORTED, Result.OUTCOME_ERROR)
    assert result.message
    assert not result.text


def test_two_nodes_on_one_memory_are_refused(watched, start, tmp_path) -> None:
    watched(tmp_path / 'memory')
    other = start('-r', '__node:=other', memory__path=tmp_path / 'memory')
    assert other.ended() == 2
    assert 'in use by another process' in other.text
