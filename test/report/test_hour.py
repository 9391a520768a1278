# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report of an hour with eight instructions: small, readable, reached with the keyboard."""

from __future__ import annotations

import itertools
import re
from html.parser import HTMLParser

import pytest

from streamo_ros.report.answer_list import list_answers
from streamo_ros.report.html import LIMIT
from streamo_ros.report.html import write_report
from streamo_ros.report.svg import Axis
from streamo_ros.report.timeline import read_timeline
from streamo_ros.report.track_figure import grouped

VOID = {'meta', 'img', 'br'}


class Checker(HTMLParser):
    """Finds elements that are not closed, ids, and links."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given['id']] if 'id' in given else []
        self.links += [given['href']] if tag == 'a' else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope='module')
def hour(dev_script, tmp_path_factory):
    folder = tmp_path_factory.mktemp('hour')
    timeline = read_timeline(dev_script('make_hour_log').write_log(folder))
    write_report(folder / 'report.html', [timeline])
    return timeline, (folder / 'report.html').read_text()


def test_it_weighs_at_most_three_megabytes_and_says_what_is_left_out(hour):
    _, page = hour
    assert len(page.encode()) <= LIMIT == 3_000_000
    shown = page.count('<img ')
    assert shown > 200
    assert f'{833 - shown:,} pictures are left out to keep this page small' in page


def test_every_answer_is_listed_once_in_the_order_of_time(hour):
    timeline, page = hour
    answers = list_answers(timeline)
    assert len(answers) == 833
    listed = re.findall(r'<li id="([^"]+)"', page)
    assert listed == [answer.link.target for answer in answers]
    assert 'All 833 answers are at the end' in page


def test_every_instruction_keeps_a_picture(hour):
    _, page = hour
    with_picture = re.findall(r'<li id="answer-(\d)-\d+"><img', page)
    assert set(with_picture) == {'1', '2', '3', '5', '6', '7'}


def test_cards_are_folded_below_an_overview(hour):
    timeline, page = hour
    assert page.count('<details>') == len(timeline.tracks) == 9
    overview = page.partition('<details>')[0]
    assert overview.count('<svg ') == 1
    assert all(name in overview for name in ('tell me when it burns', 'count', '(no instruction)'))


def test_bubbles_do_not_overlap_and_lead_to_every_answer(hour):
    timeline, page = hour
    axis = Axis(timeline.seconds)
    for key in (1, 3, 7):
        links = [
            list_answer.link for list_answer in list_answers(timeline) if list_answer.key == key
        ]
        groups = grouped(links, axis)
        assert [link for group in groups for link in group] == links
        assert len(groups) <= 60
    bubbles = [
        [(float(x), float(wide)) for x, wide in re.findall(pattern, card)]
        for card in page.split('<details>')[1:]
        for pattern in [r'<rect x="([\d.]+)" y="6" width="([\d.]+)" height="18"']
    ]
    assert len(bubbles[0]) == 36
    for row in bubbles:
        for (x, wide), (after, _) in itertools.pairwise(row):
            assert x + wide <= after
        assert all(x + wide <= 1080 for x, wide in row)
    assert re.search(
        r'<a href="#answer-3-1"><title>\d+ answers, 24 s to [\d:]+, the first: yes</title>', page
    )


def test_the_page_is_well_formed_and_its_links_lead_somewhere(hour):
    _, page = hour
    checker = Checker()
    checker.feed(page)
    assert checker.wrong == []
    assert checker.open == []
    assert len(set(checker.ids)) == len(checker.ids)
    assert {link.removeprefix('#') for link in checker.links} <= set(checker.ids)
    assert 'http' not in page.replace('http://www.w3.org/2000/svg', '')
    assert '<script' not in page


def test_only_figures_are_wider_than_a_phone(hour):
    """Every figure has a box of its own to scroll in, which the keyboard reaches."""
    _, page = hour
    boxes = page.count('<div class="scroll" tabindex="0" role="region"')
    assert boxes == page.count('<svg ') > 9
    assert re.search(r'\.scroll \{ overflow-x: auto; \}', page)
    assert not re.search(r'(?<!svg \{ display: block; width: 100%; )min-width: \d{3,}', page)
