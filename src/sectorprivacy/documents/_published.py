"""Published notices: what people could read, in which version and language, under a hash that a consent can cite."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sectorprivacy.documents._data_map import DataMap
from sectorprivacy.documents._notice import Article, privacy_notice
from sectorprivacy.documents._tree import Document
from sectorprivacy.documents._writing import write_once
from sectorprivacy.errors import DocumentUnreadable, NoticeChanged, OutputNotWritten
from sectorprivacy.policy import Policy

_VERSION = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$")
_LANGUAGE = re.compile(r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,8}$")

Version = Annotated[str, Field(pattern=_VERSION.pattern)]
Language = Annotated[str, Field(pattern=_LANGUAGE.pattern)]

ARTICLES: tuple[Article, ...] = (13, 14)


class PublishedNotice(BaseModel):
    """A notice as it was published.

    Args:
        version: Version of the register it was written from.
        language: BCP 47 tag.
        article: 13 or 14, for whom it was written.
        policy: Digest of that register.
        published_on: Civil day on which it was first published.
        document: What people read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["sectorprivacy/notice/1"] = "sectorprivacy/notice/1"
    version: Version
    language: Language
    article: Article
    policy: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    published_on: date
    document: Document

    @property
    def place(self) -> tuple[str, str, Article]:
        """Version, language and article: under which one text is published, ever."""
        return self.version, self.language, self.article

    @property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the canonical JSON of all but the day: what a consent cites (Art. 7(1))."""
        facts = self.model_dump(mode="json", exclude={"published_on"})
        text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


class _File(BaseModel):
    """The file of a notice in a folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str
    notice: PublishedNotice


class NoticeStore(Protocol):
    """Where published notices are kept: for as long as a consent may have to be shown to rest on one."""

    def add(self, notice: PublishedNotice) -> PublishedNotice:
        """Keep a notice, once: the one that is kept is returned, with the day on which it was first published.

        Raises:
            NoticeChanged: Another text is published under this version, language and article.
        """
        ...

    def get(self, version: str, language: str, article: Article) -> PublishedNotice | None:
        """The notice that was published so; None where there is none. Raises: DocumentUnreadable."""
        ...


class MemoryNotices:
    """A NoticeStore that lasts as long as the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, Article], PublishedNotice] = {}
        self._adding = Lock()

    def add(self, notice: PublishedNotice) -> PublishedNotice:
        """See `NoticeStore.add`."""
        with self._adding:
            kept = self._kept.setdefault(notice.place, notice)
        return _same(kept, notice)

    def get(self, version: str, language: str, article: Article) -> PublishedNotice | None:
        """See `NoticeStore.get`."""
        return self._kept.get((version, language, article))


class NoticeFolder:
    """A NoticeStore in a folder, one JSON file for each notice, fit to be committed beside the register.

    Args:
        path: The folder; it is there already.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, notice: PublishedNotice) -> PublishedNotice:
        """See `NoticeStore.add`. Raises: OutputNotWritten, too."""
        text = _File(sha256=notice.digest, notice=notice).model_dump_json(indent=2) + "\n"
        file = self._file(*notice.place)
        if write_once(file, text):
            return notice
        kept = self.get(*notice.place)
        if kept is None:  # a link that leads nowhere has taken the name
            raise OutputNotWritten(file=file.name, reason="something else has its name")
        return _same(kept, notice)

    def get(self, version: str, language: str, article: Article) -> PublishedNotice | None:
        """See `NoticeStore.get`; a file that does not fit its hash is refused."""
        if not (_VERSION.fullmatch(version) and _LANGUAGE.fullmatch(language)):
            return None  # none was ever published so, and it must not become a path
        file = self._file(version, language, article)
        try:
            text = file.read_text("utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            raise DocumentUnreadable(file=file.name, reason="it cannot be read") from None
        try:
            kept = _File.model_validate_json(text)
        except ValidationError:
            raise DocumentUnreadable(file=file.name, reason="it is no published notice") from None
        notice = kept.notice
        if (kept.sha256, *notice.place) != (notice.digest, version, language, article):
            raise DocumentUnreadable(file=file.name, reason="it is not the notice that was published") from None
        return notice

    def _file(self, version: str, language: str, article: Article) -> Path:
        return self._path / f"{version}.{language}.{article}.json"


def publish(store: NoticeStore, policy: Policy, data_map: DataMap, *, day: date) -> tuple[PublishedNotice, ...]:
    """Publish the notices of a register: every language of the controller, for both articles.

    Publishing again changes nothing, so that it can be part of every release.

    Args:
        store: Where they are kept.
        policy: The register in force.
        data_map: What the marked models hold.
        day: Civil day of the publication.

    Returns:
        The notices that are kept, those that were published before with the day on which they first were.

    Raises:
        NoticeChanged: What people read has changed and the register's version has not.
        NotInCatalogue: There is no catalogue of one of the languages.
    """
    notices = tuple(_notices(policy, data_map, day))
    for notice in notices:  # all of them or none: nothing is added before each is known to fit
        _same(store.get(*notice.place) or notice, notice)
    return tuple(store.add(notice) for notice in notices)


def _notices(policy: Policy, data_map: DataMap, day: date) -> Iterator[PublishedNotice]:
    for language in policy.controller.languages:
        for article in ARTICLES:
            yield PublishedNotice(
                version=policy.version,
                language=language,
                article=article,
                policy=policy.digest,
                published_on=day,
                document=privacy_notice(policy, data_map, language=language, article=article),
            )


def _same(kept: PublishedNotice, notice: PublishedNotice) -> PublishedNotice:
    if kept.digest != notice.digest:
        raise NoticeChanged(version=notice.version, language=notice.language)
    return kept
