# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What diagnostics say in words: no loose ends, and the grammar of one and of many."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from streamo_ros.core.interface import BackboneInfo
from streamo_ros.node.answer_health import AnswerHealth
from streamo_ros.node.diagnostics import Diagnostics
from streamo_ros.node.diagnostics import Health


class Node:
    """What diagnostics need of a node; keeps what is published."""

    def __init__(self) -> None:
        self.published: list[Any] = []

    def create_publisher(self, *_: Any) -> Any:
        return SimpleNamespace(publish=self.published.append)

    def get_fully_qualified_name(self) -> str:
        return '/streamo'

    def get_clock(self) -> Any:
        from builtin_interfaces.msg import Time

        now = SimpleNamespace(to_msg=Time)
        return SimpleNamespace(now=lambda: now)


def info(**fields: Any) -> BackboneInfo:
    return BackboneInfo(
        **{
            'model_id': 'id',
            'model': 'model',
            'architecture': 'none',
            'protocol': 'none',
            'dtype': 'none',
            'device': 'cpu',
            'vision_backend': 'none',
            'tokens_per_frame': 12,
            'max_tokens_per_frame': 12,
            'context_capacity': 100,
            **fields,
        }
    )


@pytest.mark.parametrize(
    ('version', 'said'), [('', 'torch'), ('2.13.0', 'torch 2.13.0')], ids=['none', 'known']
)
def test_an_unknown_version_of_the_vision_backend_leaves_no_blank(version: str, said: str) -> None:
    node = Node()
    health = Health('active', info=info(vision_backend='torch', vision_backend_version=version))
    Diagnostics(node).publish(health, None)
    (model,) = [status for status in node.published[0].status if status.name == 'streamo: model']
    assert {value.key: value.value for value in model.values}['vision'] == said


@pytest.mark.parametrize(
    ('active', 'said'),
    [
        (0, '0 instructions are active'),
        (1, '1 instruction is active'),
        (2, '2 instructions are active'),
    ],
)
def test_one_instruction_is_and_two_are(active: int, said: str) -> None:
    stream = SimpleNamespace(
        sinks=SimpleNamespace(failures={}),
        answers=AnswerHealth(),
        statistics=SimpleNamespace(answers=0, context_tokens=0, decided={}, memory={}),
    )
    health = Health('active', instructions=active, capacity=8)
    status = Diagnostics(Node())._instructions(health, stream)
    assert status.message == said
