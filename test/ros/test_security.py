# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The SROS2 policy names exactly what the node has on a graph."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

POLICY = Path(__file__).parents[2] / 'config' / 'sros2' / 'policy.xml'


def allowed(kind: str, permission: str) -> set[str]:
    profile = ET.parse(POLICY).find(".//enclave[@path='/streamo']/profiles/profile")
    names = profile.findall(f"./{kind}s[@{permission}='ALLOW']/{kind}")
    return {one.text.replace('~', '/streamo') for one in names}


def test_the_policy_is_what_the_node_needs_and_no_more(start, peer, wait_for) -> None:
    start('-r', 'image:=/camera/image_raw', '-p', 'use_sim_time:=true')
    wait_for(lambda: peer.state() == 'active')
    node = peer.node

    def names(found) -> set[str]:
        return {name for name, _ in found if '/_action/' not in name}

    published = names(node.get_publisher_names_and_types_by_node('streamo', '/'))
    assert published == allowed('topic', 'publish')
    subscribed = names(node.get_subscriber_names_and_types_by_node('streamo', '/'))
    assert subscribed <= allowed('topic', 'subscribe') | {'/parameter_events'}
    served = names(node.get_service_names_and_types_by_node('streamo', '/'))
    assert served <= allowed('service', 'reply')
    # Described types are younger than Humble.
    assert allowed('service', 'reply') - served <= {'/streamo/get_type_description'}
    assert allowed('action', 'execute') == {'/streamo/watch'}
