"""Querysets of models with sealed fields: bulk writes that seal, updates that refuse, and search by token."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice, product
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from asgiref.sync import sync_to_async
from django.core.exceptions import FieldError
from django.db.models import F, Manager, Model, QuerySet

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
from sectorprivacy.integrations.django._page import one_page, row_page, row_state
from sectorprivacy.integrations.django._saving import changed_tokens, stands
from sectorprivacy.integrations.django._together import written_together
from sectorprivacy.integrations.django._value import CellText, gate_for, opened
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
        self._for_write = True
        for row in rows:
            row_state(row).database = self.db
        with written_together(rows, sealed_columns(self.model)):
            return super().bulk_create(rows, *args, **options)

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], *args: Any, **options: Any) -> int:
        """As Django's, with the tokens of the sealed fields among those given."""
        rows, names = list(objs), list(fields)
        columns = [column for name in names if (column := self._column(name)) is not None]
        self._for_write = True
        if columns:
            for row in rows:
                row_state(row).database = self.db
            tokens = {token for row in rows for token in changed_tokens(row, names)}
            with written_together(rows, columns):
                for row, column in product(rows, columns):
                    column.pre_save(row, add=False)
            names += sorted(tokens.difference(names))
        with _left_standing(rows, columns):
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

    update.alters_data = True  # type: ignore[attr-defined]  # templates may not call it; Django marks functions so

    # Searching

    def matching(self, **values: Any) -> Self:
        """The rows whose sealed fields have these values, by blind index; inside `with privacy:`.

        Tokens are short, so rows of others may share one: what the database finds is opened and compared before it is
        returned. Nothing of it is released, so no purpose is needed and nothing is logged.

        Args:
            values: Field to the value it must have.

        Returns:
            A queryset of exactly these rows, already fetched; it can be filtered further. One whose key was destroyed
            or is in quarantine is not among them.

        Raises:
            NoPrivacy: No Privacy object is current.
            NotIndexed: A field has no blind index.
            ValueNotSealable: The normaliser of a field refuses the value.
            KeyUnavailable: The key service cannot be reached.
        """
        gate = current_gate()
        fields = {name: self._indexed(gate, name) for name in values}
        tokens = {f"{fields[name][2].token_name}__in": _tokens(gate, *fields[name], values[name]) for name in values}
        candidates = self.filter(**tokens)
        _undefer(candidates.query, [column.attname for column, _, _ in fields.values()])
        rows = list(candidates)
        if rows:
            row_page(rows).load_keys(gate)
        wanted = [(column, field, values[name]) for name, (column, _, field) in fields.items()]
        same = [row for row in rows if all(_has(row, *each) for each in wanted)]
        found = candidates.filter(pk__in=[row.pk for row in same])
        found._result_cache = same  # noqa: SLF001  # Django offers no way to give a queryset rows it has
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


@contextmanager
def _left_standing(rows: Iterable[Model], columns: Iterable[Any]) -> Generator[None]:
    """Let a bulk update leave to the database what is as it was loaded, as a save does."""
    loaded: list[tuple[dict[str, Any], str, Any]] = []
    for row, column in product(rows, columns):
        if stands(row, column.attname):
            held = values_of(row)
            names = [name for name in (column.attname, token_column(column)) if name in held]
            loaded += [(held, name, held[name]) for name in names]
    for held, name, _ in loaded:
        held[name] = F(name)
    try:
        yield
    finally:
        for held, name, value in loaded:
            held[name] = value


def _in_pages(rows: Iterator[M], size: int) -> Iterator[M]:
    while True:
        with one_page():  # not around the yield, or what the caller loads would join it
            chunk = list(islice(rows, size))
        if not chunk:
            return
        yield from chunk


def _undefer(query: Any, names: Iterable[str]) -> None:
    """Load these columns at once, also where a manager defers them: each would be a query of its own."""
    others, deferred = query.deferred_loading
    query.deferred_loading = (others.difference(names) if deferred else others.union(names), deferred)


def _tokens(gate: Gate, column: Any, model: str, field: Field, value: Any) -> list[bytes]:
    if value is None:
        raise FieldError(f"None has no token; use .filter({column.name}=None).")
    index = cast("Any", field.index)
    return list(index.tokens(gate.keys.index_keys(), model, field.id, column.codec, value))


def _has(row: Model, column: Any, field: Field, value: Any) -> bool:
    """Whether a row that shares the token has the value itself; one that cannot be opened is not found."""
    gate, text = gate_for(row), values_of(row)[column.attname]
    place = place_of(gate, column, row)
    try:
        held = opened(gate, place, Sealed.stored(place, text).cell)
    except KeyUnavailable:
        gate.keys.load([from_text(text)])  # raises it where the key service cannot be reached; else it is disabled
        return False
    except DecryptionError:
        return False
    return bool(cast("Any", field.index).same(column.codec, held, value))
