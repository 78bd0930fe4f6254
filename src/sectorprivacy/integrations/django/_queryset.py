"""Querysets of models with sealed fields: bulk writes that seal, updates that refuse, and search by token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from asgiref.sync import sync_to_async
from django.core.exceptions import FieldError
from django.db.models import Manager, Model, QuerySet

from sectorprivacy.annotations import Field
from sectorprivacy.encryption import Sealed, from_text
from sectorprivacy.errors import DecryptionError, KeyUnavailable, NotIndexed, ValueNotSealable
from sectorprivacy.integrations.django._declared import (
    declared,
    meta,
    place_of,
    sealed_columns,
    token_column,
    values_of,
)
from sectorprivacy.integrations.django._page import Page, one_page, owner_pairs, row_state
from sectorprivacy.integrations.django._saving import changed_tokens
from sectorprivacy.integrations.django._value import CellText, gate_for
from sectorprivacy.purposes import Gate, current_gate

M = TypeVar("M", bound=Model)

_CHUNK = 2000


class SealedQuerySet(QuerySet[M]):
    """A QuerySet that seals what is written in bulk, refuses what cannot be sealed, and finds by token.

    The rows of one fetch belong together: the first value that is opened loads the keys of them all, in one query.
    """

    keeps_sealed: ClassVar[bool] = True

    # Loading

    def _fetch_all(self) -> None:
        with one_page():
            super()._fetch_all()

    def iterator(self, chunk_size: int | None = None) -> Iterator[M]:
        """As Django's; each chunk is a page of its own."""
        return _in_pages(super().iterator(chunk_size), chunk_size or _CHUNK)

    # Writing

    def bulk_create(self, objs: Iterable[M], *args: Any, **options: Any) -> list[M]:
        """As Django's. People and keys that are new are made in a fixed number of statements.

        Raises:
            ValueNotSealable: Rows in conflict would take sealed values of others.
        """
        rows = list(objs)
        for name in options.get("update_fields") or ():
            if self._column(name) is not None:
                raise ValueNotSealable(
                    path=f"{meta(self.model).label}.{name}",
                    codec="cell",
                    reason="a row in conflict may be somebody else's; look it up, set Sealed.of(value) and save it",
                )
        self._make_keys(rows)
        return super().bulk_create(rows, *args, **options)

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], *args: Any, **options: Any) -> int:
        """As Django's, with the tokens of the sealed fields among those given."""
        rows, names = list(objs), list(fields)
        columns = [column for name in names if (column := self._column(name)) is not None]
        if columns:
            self._make_keys(rows)
            tokens = {token for row in rows for token in changed_tokens(row, names)}
            for row in rows:
                for column in columns:
                    column.pre_save(row, add=False)
            names += sorted(tokens.difference(names))
        return super().bulk_update(rows, names, *args, **options)

    def update(self, **values: Any) -> int:
        """As Django's, but for sealed fields, which it can only clear.

        Raises:
            ValueNotSealable: A sealed field would get a value: an update knows no row to seal it for.
        """
        for name, value in dict(values).items():
            column = self._column(name)
            if column is None or isinstance(value, CellText) or column.is_bulk_update(value):
                continue
            if value is not None:
                raise ValueNotSealable(
                    path=column.path,
                    codec="cell",
                    reason="an update has no row; set Sealed.of(value) on the instances and use bulk_update",
                )
            token = token_column(column)
            if token is not None:
                values[token] = None
        return super().update(**values)

    update.alters_data = True  # type: ignore[attr-defined]

    # Searching

    def matching(self, **values: Any) -> Self:
        """The rows whose sealed fields have these values, by blind index; inside `with privacy:`.

        Tokens are short, so rows of others may share one: what the database finds is opened and compared before it is
        returned. Nothing of it is released, so no purpose is needed and nothing is logged.

        Args:
            values: Field to the value it must have.

        Returns:
            A queryset of exactly these rows, already fetched; it can be filtered further.

        Raises:
            NoPrivacy: No Privacy object is current.
            NotIndexed: A field has no blind index.
            ValueNotSealable: The normaliser of a field refuses the value.
        """
        gate = current_gate()
        fields = {name: self._indexed(gate, name) for name in values}
        tokens = {f"{name}_token__in": _tokens(gate, *fields[name], values[name]) for name in values}
        candidates = self.filter(**tokens)
        rows = list(candidates)
        if rows:
            row_page(rows).load_keys(gate)
        wanted = [(column, field, values[name]) for name, (column, _, field) in fields.items()]
        same = [row for row in rows if all(_has(row, *each) for each in wanted)]
        found = candidates.filter(pk__in=[row.pk for row in same])
        found._result_cache = same  # noqa: SLF001  # of this very class
        return found

    async def amatching(self, **values: Any) -> Self:
        """As `matching`, in a worker thread."""
        return await sync_to_async(self.matching)(**values)

    def _indexed(self, gate: Gate, name: str) -> tuple[Any, str, Field]:
        column = self._column(name)
        if column is None:
            raise FieldError(f"{meta(self.model).label}.{name} is not sealed; use .filter({name}=...).")
        field_map, field = declared(gate, column)
        if field.index is None or token_column(column) is None:
            raise NotIndexed(path=f"{field_map.id}.{field.id}")
        return column, field_map.id, field

    def _column(self, name: str) -> Any:
        """The sealed field of that name, or None."""
        return next((each for each in sealed_columns(self.model) if name in {each.name, each.attname}), None)

    def _make_keys(self, rows: Sequence[Model]) -> None:
        """Find or make the owners and keys of all rows whose values are new, before they are sealed one by one."""
        new = [row for row in rows if any(_is_held(row, column) for column in sealed_columns(self.model))]
        if not new:
            return
        gate = current_gate()
        refs = gate.subjects.refs(owner_pairs(gate, new))
        for retention_class in {declared(gate, column)[1].retention_class for column in sealed_columns(self.model)}:
            gate.keys.for_sealing_many(list(refs.values()), retention_class)
        page = Page(new)
        for row in new:
            row_state(row).page = page


if TYPE_CHECKING:

    class _Manager(Manager[M]):
        def matching(self, **values: Any) -> SealedQuerySet[M]: ...
        async def amatching(self, **values: Any) -> SealedQuerySet[M]: ...

else:
    _Manager = Manager.from_queryset(SealedQuerySet)


class SealedManager(_Manager[M]):
    """The manager of a model with sealed fields: `objects = SealedManager()`."""

    use_in_migrations = True
    __module__ = "sectorprivacy.integrations.django"  # migrations name it by the module it is public in


def row_page(rows: Sequence[Model]) -> Page:
    """The page that rows of one fetch are on."""
    page = row_state(rows[0]).page
    return Page(rows) if page is None else page


def _in_pages(rows: Iterator[M], size: int) -> Iterator[M]:
    while True:
        with one_page():  # not around the yield, or what the caller loads would join it
            chunk = list(islice(rows, size))
        if not chunk:
            return
        yield from chunk


def _is_held(row: Model, column: Any) -> bool:
    value = values_of(row).get(column.attname)
    return isinstance(value, Sealed) and not value.is_stored


def _tokens(gate: Gate, column: Any, model: str, field: Field, value: Any) -> list[bytes]:
    if value is None:
        raise FieldError(f"None has no token; use .filter({column.name}=None).")
    index = cast("Any", field.index)
    return list(index.tokens(gate.keys.index_keys(), model, field.id, column.codec, value))


def _has(row: Model, column: Any, field: Field, value: Any) -> bool:
    """Whether a row that shares the token has the value itself; one that cannot be opened is not found."""
    gate = gate_for(row)
    try:
        held = gate.keys.open(place_of(gate, column, row), from_text(values_of(row)[column.attname]))
    except KeyUnavailable:
        raise
    except DecryptionError:
        return False
    return bool(cast("Any", field.index).same(column.codec, held, value))
