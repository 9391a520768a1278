# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A judge on a server: what it is asked, and what its replies mean."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer

import pytest

from streamo_ros import cli
from streamo_ros.evaluation.benchmarks import proactive_video_qa
from streamo_ros.evaluation.benchmarks.benchmark import Graders
from streamo_ros.evaluation.benchmarks.judge import Judge
from streamo_ros.evaluation.benchmarks.judge import JudgeError


class Server(ThreadingHTTPServer):
    """Replies with what `say` makes of the text that it is asked."""

    def __init__(self):
        super().__init__(('127.0.0.1', 0), Handler)
        self.asked, self.models, self.say = [], [{'id': 'big'}], lambda text: 'A'

    @property
    def url(self):
        return f'http://127.0.0.1:{self.server_port}/v1'


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self._reply({'data': self.server.models})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        self.server.asked.append(body)
        text = self.server.say(body['messages'][0]['content'])
        self._reply({'choices': [{'message': {'role': 'assistant', 'content': text}}]})

    def _reply(self, content):
        data = json.dumps(content).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()


def test_both_orders_are_asked_so_that_the_place_does_not_decide(server):
    judge = Judge(server.url)
    assert judge.name == 'big'
    assert judge.win('Narrate.', 'ours', 'theirs') == 0.5
    server.say = lambda text: 'A' if 'Assistant A:\nours' in text else 'B'
    assert judge.win('Narrate.', 'ours', 'theirs') == 1
    assert judge.win('Narrate.', 'theirs', 'ours') == 0
    server.say = lambda text: 'C'
    assert judge.win('Narrate.', 'ours', 'theirs') == 0.5


def test_points_and_agreement_are_read_from_the_reply(server):
    judge = Judge(server.url, 'small')
    server.say = lambda text: ' 3.\n'
    assert judge.points('What?', 'a cup', 'the cup') == 2
    body = server.asked[-1]
    assert (body['model'], body['temperature']) == ('small', 0)
    assert 'True answer: a cup' in body['messages'][0]['content']
    server.say = lambda text: 'Yes, they do.'
    assert judge.same('What?', 'a cup', 'the cup')
    server.say = lambda text: 'No'
    assert not judge.same('What?', 'a cup', 'a dog')


def test_a_reply_that_is_none_is_named(server):
    server.say = lambda text: 'I would rather not.'
    with pytest.raises(JudgeError, match=r'big replied .* a number from 1 to 3'):
        Judge(server.url).points('What?', 'a', 'b')
    server.models = []
    with pytest.raises(JudgeError, match='lists no model'):
        Judge(server.url)


def test_proactive_video_qa_goes_by_the_judge_where_there_is_one(server):
    record = {
        'question_id': 'q',
        'conversation': [{'content': 'What happens?'}],
        'answer': [{'content': 'The goal is scored.', 'reply_timespan': [0, 10]}],
    }
    said = [(1.0, 'Somebody hits.'), (5.0, 'A goal is it!')]
    rows = proactive_video_qa.rows([record], {'q': said})
    assert rows[0]['answer'][0]['judge_scores'] == {1.0: 0, 5.0: 1}
    server.say = lambda text: '3' if 'goal is it' in text else '1'
    graded = proactive_video_qa.grade(rows, Graders(Judge(server.url)))
    assert graded[0]['answer'][0]['judge_scores'] == {1.0: 0, 5.0: 2}
    again = proactive_video_qa.grade(json.loads(json.dumps(rows)), Graders())
    assert again[0]['answer'][0]['judge_scores'] == {'1.0': 0, '5.0': 1}


def test_the_judge_is_named_beside_the_figures(server, tmp_path, capsys):
    row = {
        'id': 1,
        'task': 'caption',
        'video': 'a.mp4',
        'question': 'Describe it.',
        'baseline': 'x',
        'said': [[3, 'A man walks.']],
    }
    file = tmp_path / 'rows.json'
    file.write_text(json.dumps([row]))
    arguments = ['benchmark', 'streamo-bench', '--rows', str(file), '--judge', server.url]
    assert cli.main(arguments) == 0
    table = capsys.readouterr().out
    assert 'Judge: big.' in table
    assert '| caption win rate | 50.00 |' in table
    assert cli.main([*arguments[:-1], 'http://127.0.0.1:1/v1']) == 2
    assert 'does not answer' in capsys.readouterr().err
