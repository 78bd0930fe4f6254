"""What the first page shows: counts, the first rows, pictures and sounds, what is withheld and who did not answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from attrs import define, field, frozen

from sectorprivacy.policy import Controller
from sectorprivacy.rights.package._contents import DataSetPart, ExportOutcome, PackageContents, ServicePart
from sectorprivacy.rights.package._data import roles_in_words
from sectorprivacy.rights.package._names import attachment_name, data_name
from sectorprivacy.rights.package._values import GROUNDS, LocalTimes, failure_in_words, value_in_words
from sectorprivacy.rights.protocol import Attachment, FieldDeclaration, Record
from sectorprivacy.vocabulary import Right

FIRST_ROWS = 20
FIRST_FILES = 60
_CAPTION_LONGEST = 80
_TEXT_LONGEST = 600
_SHORT = 36


@frozen
class Cell:
    """One value on the page: its text, or that it is held but not shown, or the names of its files."""

    text: str = ""
    withheld: bool = False
    files: Sequence[str] = ()

    @property
    def short(self) -> bool:
        """Whether it reads best on one line: an amount, a date, a number."""
        return len(self.text) <= _SHORT


@frozen(kw_only=True)
class MediaFile:
    """A picture or recording that the page shows or plays."""

    name: str
    caption: str


@frozen(kw_only=True)
class WithheldItem:
    """Something the person learns about but does not receive."""

    what: str
    where: str
    count: int
    reason: str


@frozen(kw_only=True)
class DataSetView:
    """What the page says about one data set: `rows` are the first FIRST_ROWS of `count`."""

    title: str
    outcome: ExportOutcome
    count: int
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    csv: str
    pictures: Sequence[MediaFile]
    sounds: Sequence[MediaFile]
    files: int


@frozen(kw_only=True)
class ServiceView:
    """What the page says about one service; `failed` is why it is missing, in words."""

    title: str
    anchor: str
    failed: str | None
    holds_nothing: str | None
    datasets: Sequence[DataSetView]

    @property
    def count(self) -> int:
        """Number of records."""
        return sum(dataset.count for dataset in self.datasets)


@frozen(kw_only=True)
class Overview:
    """Everything the pages show, as text: bounded, whatever the size of the package."""

    case: str
    right: Right
    made: str
    clock: str
    controller: Controller
    language: str
    services: Sequence[ServiceView]
    withheld: Sequence[WithheldItem]
    files: int

    @property
    def records(self) -> int:
        """Number of records in the package."""
        return sum(service.count for service in self.services)

    @property
    def missing(self) -> Sequence[str]:
        """What the package lacks because it was not answered: titles of services and data sets, with why."""
        services = [f"{service.title}: {service.failed}" for service in self.services if service.failed]
        datasets = [
            f"{service.title}, {dataset.title.lower()}: {failure_in_words('failed')}"
            for service in self.services
            if not service.failed
            for dataset in service.datasets
            if dataset.outcome == "failed"
        ]
        return [*services, *datasets]


@define
class DataSetSummary:
    """Sees every record of a data set once and remembers what the page shows of it."""

    part: DataSetPart
    withheld_files: Mapping[str, str]
    times: LocalTimes
    count: int = 0
    _first: list[Record] = field(factory=list[Record])
    _seen: set[str] = field(factory=set[str])
    _pictures: list[MediaFile] = field(factory=list[MediaFile])
    _sounds: list[MediaFile] = field(factory=list[MediaFile])
    _files: int = 0
    _withheld: dict[tuple[str, str], int] = field(factory=dict[tuple[str, str], int])

    def add(self, record: Record) -> None:
        """Count one record."""
        self.count += 1
        self._seen.update(name for name, value in record.fields.items() if value is not None)
        self._seen.update(each.field for each in record.withheld)
        self._seen.update(each.field for each in record.attachments)
        if len(self._first) < FIRST_ROWS:
            self._first.append(record)
        for each in record.withheld:
            self._hold_back(each.field, GROUNDS[each.ground])
        for attachment in record.attachments:
            self._file(record, attachment)

    def _file(self, record: Record, attachment: Attachment) -> None:
        if attachment.sha256 in self.withheld_files:
            self._hold_back(attachment.field, self.withheld_files[attachment.sha256])
            return
        self._files += 1
        shown = {"image": self._pictures, "audio": self._sounds}.get(attachment.media_type.partition("/")[0])
        name = attachment_name(attachment.sha256, attachment.media_type)
        if shown is not None and len(shown) < FIRST_FILES and not name.endswith(".bin"):
            shown.append(MediaFile(name=name, caption=self._caption(record)))

    def _caption(self, record: Record) -> str:
        texts = [self._cell(record, each).text for each in self.part.declaration.fields]
        caption = " · ".join([text for text in texts if text][:2])
        return _cut(caption, _CAPTION_LONGEST)

    def _hold_back(self, field_id: str, reason: str) -> None:
        label = next((each.label for each in self.part.declaration.fields if each.id == field_id), field_id)
        self._withheld[label, reason] = self._withheld.get((label, reason), 0) + 1

    def _cell(self, record: Record, declaration: FieldDeclaration) -> Cell:
        mine = [each for each in record.attachments if each.field == declaration.id]
        if mine:
            released = [each for each in mine if each.sha256 not in self.withheld_files]
            names = [attachment_name(each.sha256, each.media_type) for each in released]
            return Cell(files=names) if names else Cell(withheld=True)
        if any(each.field == declaration.id for each in record.withheld):
            return Cell(withheld=True)
        text = value_in_words(record.fields.get(declaration.id), declaration, self.times.text)
        return Cell(_cut(text, _TEXT_LONGEST))

    def view(self, service: str) -> DataSetView:
        """What the page says about the data set."""
        declaration = self.part.declaration
        fields = [each for each in declaration.fields if each.id in self._seen]
        several = len(declaration.relations) > 1
        return DataSetView(
            title=declaration.label,
            outcome=self.part.outcome,
            count=self.count,
            columns=[*(["You are"] if several else []), *(each.label for each in fields)],
            rows=[
                [
                    *([Cell(roles_in_words(record.roles))] if several else []),
                    *(self._cell(record, each) for each in fields),
                ]
                for record in self._first
            ],
            csv=data_name(service, declaration.id, "csv"),
            pictures=self._pictures,
            sounds=self._sounds,
            files=self._files,
        )

    def withheld(self, where: str) -> list[WithheldItem]:
        """What of the data set the person does not receive."""
        return [
            WithheldItem(what=label, where=where, count=count, reason=reason)
            for (label, reason), count in self._withheld.items()
        ]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def overview_of(
    contents: PackageContents, summaries: Sequence[tuple[ServicePart, Sequence[DataSetSummary]]], times: LocalTimes
) -> Overview:
    """The pages' content, once every record was seen."""
    return Overview(
        case=str(contents.case),
        right=contents.right,
        made=times.moment(contents.made),
        clock=times.name,
        controller=contents.controller,
        language=contents.language,
        services=[
            ServiceView(
                title=service.title,
                anchor=f"part-{number}",
                failed=None if service.failed is None else failure_in_words(service.failed),
                holds_nothing=service.holds_nothing,
                datasets=[summary.view(service.service) for summary in of_service],
            )
            for number, (service, of_service) in enumerate(summaries, start=1)
        ],
        withheld=[
            item
            for service, of_service in summaries
            for summary in of_service
            for item in summary.withheld(f"{service.title}, {summary.part.declaration.label.lower()}")
        ],
        files=len(contents.attachments),
    )
