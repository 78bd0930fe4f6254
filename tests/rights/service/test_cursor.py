"""Cursors: opaque, short, good for one place in one task, and the same each time."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectorprivacy.errors import ProtocolError
from sectorprivacy.rights.protocol import FindTask
from sectorprivacy.rights.service import MemoryTasks, OpenTask
from sectorprivacy.rights.service._cursor import Cursors, Start
from sectorprivacy.vocabulary import RecordKey

USE = "export/crm.customer"


def opened() -> OpenTask:
    return MemoryTasks().open(FindTask(task=uuid4(), case=uuid4(), who=()))


CURSORS = Cursors(opened())

PART = st.one_of(st.integers(-(2**63), 2**63), st.text(max_size=40), st.binary(max_size=40), st.uuids())


@given(st.integers(0, 10**6), st.lists(PART, min_size=1, max_size=3))
def test_a_place_is_read_as_it_was_written(page: int, parts: list[int | str | bytes | UUID]):
    """Every key comes back with its parts and their types, whatever they are."""
    start = CURSORS.read(USE, CURSORS.write(USE, page, RecordKey.of(*parts)))
    assert start == Start(page, RecordKey.of(*parts))


def test_no_cursor_is_the_first_page():
    """A data set begins without a cursor."""
    assert CURSORS.read(USE, None) == Start(0, None)


def test_the_same_place_gives_the_same_cursor():
    """An answer that is repeated is the same to the last byte."""
    key = RecordKey.of("kari@example.no")
    assert CURSORS.write(USE, 3, key) == CURSORS.write(USE, 3, key)
    assert CURSORS.write(USE, 3, key) != CURSORS.write(USE, 4, key)


def test_a_cursor_shows_nothing():
    """A key may be an e-mail address, and a cursor stands in logs and addresses."""
    cursor = CURSORS.write(USE, 0, RecordKey.of("kari@example.no"))
    assert "kari" not in cursor
    assert set(cursor) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_cursor_is_good_for_its_use_and_task_alone():
    """Another operation, another data set and another task refuse it."""
    cursor = CURSORS.write(USE, 0, RecordKey.of(1))
    for cursors, use in ((CURSORS, "plan/crm.customer"), (CURSORS, "export/crm.consent"), (Cursors(opened()), USE)):
        with pytest.raises(ProtocolError) as refusal:
            cursors.read(use, cursor)
        assert refusal.value.problem == "bad_cursor"


@pytest.mark.parametrize("text", ["", "A", "æøå", "A" * 513, "AAAA", "====", "a b", "\x00"])
def test_any_other_text_is_refused(text: str):
    """What is no cursor is one plain refusal, whatever is wrong with it."""
    with pytest.raises(ProtocolError) as refusal:
        CURSORS.read(USE, text)
    assert refusal.value.problem == "bad_cursor"


def test_a_changed_cursor_is_refused():
    """A cursor is authenticated: no character of it can be another."""
    cursor = CURSORS.write(USE, 0, RecordKey.of(1))
    for place in range(len(cursor) - 1):
        changed = cursor[:place] + ("A" if cursor[place] != "A" else "B") + cursor[place + 1 :]
        with pytest.raises(ProtocolError):
            CURSORS.read(USE, changed)


def test_a_key_too_long_for_a_cursor_is_refused():
    """At most 512 characters: a data set with longer keys needs others."""
    with pytest.raises(ProtocolError) as refusal:
        CURSORS.write(USE, 0, RecordKey.of("k" * 400))
    assert refusal.value.problem == "key_too_long"
