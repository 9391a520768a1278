# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The SROS2 policy names exactly what the nodes have on a graph."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rclpy.node import Node

POLICY = Path(__file__).parents[2] / 'config' / 'sros2' / 'policy.xml'


def allowed(kind: str, permission: str, name: str = 'streamo') -> set[str]:
    profile = ET.parse(POLICY).find(f".//enclave[@path='/{name}']/profiles/profile")
    names = profile.findall(f"./{kind}s[@{permission}='ALLOW']/{kind}")
    node = profile.get('node')
    return {entry.text.replace('~', f'/{node}') for entry in names}


@pytest.mark.parametrize('name', ['operator', 'camera'])
def test_operator_and_camera_can_be_created_in_their_enclaves(peer, name: str) -> None:
    """Every rclpy node publishes and serves a few names of its own."""
    node = Node(name, context=peer.context)
    try:
        published = {topic for topic, _ in node.get_publisher_names_and_types_by_node(name, '/')}
        served = {service for service, _ in node.get_service_names_and_types_by_node(name, '/')}
    finally:
        node.destroy_node()
    assert f'/{name}/get_parameters' in served
    assert published <= allowed('topic', 'publish', name)
    assert served <= allowed('service', 'reply', name)


def test_operator_may_use_the_node_and_not_change_it(peer) -> None:
    called = allowed('service', 'request', 'operator')
    assert called <= allowed('service', 'reply')
    assert allowed('action', 'call', 'operator') == allowed('action', 'execute')
    assert not [name for name in called if 'parameter' in name or 'change_state' in name]
    assert allowed('topic', 'publish', 'camera') & allowed('topic', 'subscribe')


def test_the_recorder_may_record_what_node_and_camera_publish_and_nothing_else() -> None:
    published = allowed('topic', 'publish') | allowed('topic', 'publish', 'camera')
    assert allowed('topic', 'subscribe', 'recorder') == published | {'/clock'}
    assert not allowed('service', 'request', 'recorder')
    assert not allowed('action', 'call', 'recorder')
    assert '/rosbag2_recorder/snapshot' in allowed('service', 'reply', 'recorder')
    assert not allowed('topic', 'publish', 'recorder') & {'/streamo/response', '/camera/image_raw'}


def test_the_policy_is_what_the_node_needs_and_no_more(start, peer, wait_for) -> None:
    start('-r', 'image:=/camera/image_raw', '-p', 'use_sim_time:=true')
    wait_for(lambda: peer.state() == 'active')
    node = peer.node

    def names(found) -> set[str]:
        return {name for name, _ in found if '/_action/' not in name}

    published = names(node.get_publisher_names_and_types_by_node('streamo', '/'))
    # Detections need a model that detects, and vision_msgs.
    assert published == allowed('topic', 'publish') - {'/streamo/detections'}
    subscribed = names(node.get_subscriber_names_and_types_by_node('streamo', '/'))
    assert subscribed <= allowed('topic', 'subscribe') | {'/parameter_events'}
    served = names(node.get_service_names_and_types_by_node('streamo', '/'))
    assert served <= allowed('service', 'reply')
    # Described types are younger than Humble.
    assert allowed('service', 'reply') - served <= {'/streamo/get_type_description'}
    assert allowed('action', 'execute') == {'/streamo/ask', '/streamo/watch'}
