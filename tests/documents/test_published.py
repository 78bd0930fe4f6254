"""What was published can be shown as it was, for as long as a consent rests on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from attrs import evolve

from sectorprivacy.documents import (
    DataMap,
    MemoryNotices,
    NoticeFolder,
    NoticeStore,
    data_map,
    publish,
)
from sectorprivacy.errors import DocumentUnreadable, NoticeChanged, NotInCatalogue, OutputNotWritten
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.vocabulary import Basis, categories

DAY = date(2026, 11, 25)
CONTROLLER = Controller("Sector Alarm Group AS", id="sector-alarm", country="NO", languages=["nb", "en"])
BILLING = Activity(
    "billing",
    purpose="payment",
    basis={"customer": Basis.CONTRACT},
    uses=[categories.INVOICE],
    keep=Keep(after="paid", years=1),
)


def register(**changes: object) -> Policy:
    return evolve(Policy(CONTROLLER, [BILLING], version="2026-11"), **changes)


def held(policy: Policy) -> DataMap:
    return data_map(policy, [])


@pytest.fixture(params=["memory", "folder"])
def new_store(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], NoticeStore]:
    """Opens the store, again and again: in memory it is always the same one."""
    memory = MemoryNotices()
    return (lambda: memory) if request.param == "memory" else lambda: NoticeFolder(tmp_path)


def test_every_language_and_article_is_kept(new_store: Callable[[], NoticeStore]) -> None:
    """A release publishes all of it, and each can be had again by version, language and article."""
    policy = register()
    published = publish(new_store(), policy, held(policy), day=DAY)
    assert {(each.language, each.article) for each in published} == {("nb", 13), ("nb", 14), ("en", 13), ("en", 14)}
    assert len({each.digest for each in published}) == 4
    for notice in published:
        assert new_store().get("2026-11", notice.language, notice.article) == notice
    assert new_store().get("2026-10", "nb", 13) is None
    assert new_store().get("2026-11", "sv", 13) is None


def test_publishing_again_changes_nothing(new_store: Callable[[], NoticeStore]) -> None:
    """The day on which a text was first published stands."""
    policy = register()
    first = publish(new_store(), policy, held(policy), day=DAY)
    assert publish(new_store(), policy, held(policy), day=date(2027, 1, 1)) == first


def test_what_people_read_never_changes_under_a_version(new_store: Callable[[], NoticeStore]) -> None:
    """A consent that cites a version would otherwise rest on a text that nobody saw (Art. 7(1))."""
    policy = register()
    first = publish(new_store(), policy, held(policy), day=DAY)
    changed = register(activities=[evolve(BILLING, keep=Keep(after="paid", years=2))])
    with pytest.raises(NoticeChanged, match="new version"):
        publish(new_store(), changed, held(changed), day=DAY)
    assert new_store().get("2026-11", "nb", 13) == first[0]
    more = evolve(changed, controller=evolve(CONTROLLER, languages=["sv", "nb", "en"]))
    with pytest.raises(NoticeChanged):
        publish(new_store(), more, held(more), day=DAY)
    assert new_store().get("2026-11", "sv", 13) is None
    later = evolve(changed, version="2026-12")
    assert publish(new_store(), later, held(later), day=DAY)[0].digest != first[0].digest


def test_the_digest_is_of_the_text_and_not_of_the_day(new_store: Callable[[], NoticeStore]) -> None:
    """The same text has the same digest wherever and whenever it is published."""
    policy = register()
    here = publish(new_store(), policy, held(policy), day=DAY)
    there = publish(MemoryNotices(), policy, held(policy), day=date(2030, 1, 1))
    assert [each.digest for each in here] == [each.digest for each in there]


def test_a_language_without_texts_is_refused() -> None:
    """No notice is published in a language that the library cannot write."""
    policy = register(controller=evolve(CONTROLLER, languages=["tlh"]))
    with pytest.raises(NotInCatalogue):
        publish(MemoryNotices(), policy, held(policy), day=DAY)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("Sector Alarm", "Vector Alarm"),
        lambda text: text.replace('"sha256": "', '"sha256": "0'),
        lambda text: text.replace('"language": "nb"', '"language": "en"'),
        lambda text: text.replace('"format"', '"form"'),
        lambda text: json.dumps([text]),
        lambda text: text[:-10],
        lambda text: "\udcff",
    ],
)
def test_a_changed_file_is_no_notice(tmp_path: Path, spoil: Callable[[str], str]) -> None:
    """Evidence that somebody edited is refused, and never overwritten."""
    policy = register()
    publish(NoticeFolder(tmp_path), policy, held(policy), day=DAY)
    file = tmp_path / "2026-11.nb.13.json"
    spoilt = spoil(file.read_text("utf-8")).encode("utf-8", "surrogateescape")
    assert spoilt != file.read_bytes()
    file.write_bytes(spoilt)
    with pytest.raises(DocumentUnreadable, match=r"2026-11\.nb\.13\.json"):
        NoticeFolder(tmp_path).get("2026-11", "nb", 13)
    with pytest.raises(DocumentUnreadable):
        publish(NoticeFolder(tmp_path), policy, held(policy), day=DAY)
    assert file.read_bytes() == spoilt


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """Nothing is published into the void."""
    policy = register()
    with pytest.raises(OutputNotWritten):
        publish(NoticeFolder(tmp_path / "none"), policy, held(policy), day=DAY)


@pytest.mark.parametrize(
    ("version", "language"), [("../outside/1", "en"), ("1", "en/../en"), ("1\0", "en"), ("1" * 300, "en"), ("", "en")]
)
def test_nothing_outside_the_folder_is_read(tmp_path: Path, version: str, language: str) -> None:
    """A version that somebody asks for, in an address of the web say, is no path."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (outside / "1.en.13.json").write_text("not looked at, or it would be refused")
    assert NoticeFolder(inside).get(version, language, 13) is None


def test_a_notice_that_is_not_kept_is_not_said_to_be(tmp_path: Path) -> None:
    """A consent would cite a text that nobody can show."""
    policy = register()
    (tmp_path / f"{policy.version}.en.13.json").symlink_to(tmp_path / "gone.json")
    with pytest.raises(OutputNotWritten):
        publish(NoticeFolder(tmp_path), policy, held(policy), day=DAY)
