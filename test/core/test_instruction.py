# SPDX-FileCopyrightText: 2026 The streamo_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The book of standing instructions."""

from __future__ import annotations

import pytest

from streamo_ros.core.instruction import InstructionBook
from streamo_ros.core.instruction import InstructionError


def test_ids_are_never_used_twice() -> None:
    book = InstructionBook()
    first = book.add('a').id
    book.cancel(first)
    assert book.add('b').id == first + 1


def test_a_full_book_refuses_and_says_what_to_do() -> None:
    book = InstructionBook(capacity=2)
    book.add('a')
    book.add('b')
    with pytest.raises(InstructionError, match=r'all 2 places.*max_instructions'):
        book.add('c')
    assert [one.text for one in book.active()] == ['a', 'b']


def test_a_book_that_memory_made_small_says_so() -> None:
    book = InstructionBook(capacity=1, cramped=True)
    one = book.add('a')
    with pytest.raises(InstructionError, match=r'free memory had no room.*context\.max_frames'):
        book.add('b')
    again = InstructionBook(capacity=0, cramped=True)
    (refused,) = again.restore((one,), 2)
    assert 'not active again: all 0 places for instructions are taken' in refused
    assert 'context.max_frames' in refused


def test_replacing_takes_the_place_even_in_a_full_book() -> None:
    book = InstructionBook(capacity=1)
    old = book.add('a')
    new = book.add('b', replace_id=old.id)
    assert [one.id for one in book.active()] == [new.id]


def test_a_bad_replacement_leaves_the_old_one_standing() -> None:
    book = InstructionBook()
    old = book.add('a')
    with pytest.raises(InstructionError):
        book.add('  ', replace_id=old.id)
    with pytest.raises(InstructionError, match='no instruction 9'):
        book.add('b', replace_id=9)
    assert book.active() == (old,)


def test_cancelling_one_all_and_none() -> None:
    book = InstructionBook()
    ids = [book.add(text).id for text in 'abc']
    assert book.cancel(ids[0]) == [ids[0]]
    with pytest.raises(InstructionError, match='active are 2, 3'):
        book.cancel(ids[0])
    assert book.cancel(0) == ids[1:]
    assert book.cancel(0) == []


def test_negative_numbers_are_refused() -> None:
    with pytest.raises(InstructionError, match='negative'):
        InstructionBook().add('a', cooldown=-1)


def test_every_change_changes_the_version() -> None:
    book = InstructionBook()
    versions = [book.version]
    one = book.add('a')
    versions.append(book.version)
    book.count_response(one.id)
    versions.append(book.version)
    book.cancel(one.id)
    versions.append(book.version)
    assert len(set(versions)) == 4


def test_what_is_restored_keeps_its_id_and_counts_go_on() -> None:
    book = InstructionBook()
    kept = book.add('a', max_responses=3)
    book.count_response(kept.id)
    after = InstructionBook()
    after.restore(book.active(), next_id=7)
    assert after.active()[0].response_count == 1
    assert after.add('b').id == 7
