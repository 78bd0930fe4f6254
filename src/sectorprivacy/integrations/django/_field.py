"""SealedField: a text column whose values are sealed for the person and the record of their row when it is saved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, cast, get_origin

from django.core import checks
from django.core.exceptions import FieldError, ValidationError
from django.db import IntegrityError, models
from django.db.models.expressions import Case, Col, F, Value
from django.db.models.functions import Cast
from django.db.models.lookups import Exact, IsNull
from django.db.models.query_utils import DeferredAttribute

from sectorprivacy.annotations import NotPersonal, Personal
from sectorprivacy.encryption import PREFIX, Place, Sealed, codec_of, seal
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, KeyErased, ValueNotSealable
from sectorprivacy.integrations.django._checks import field_problems
from sectorprivacy.integrations.django._declared import (
    declared,
    meta,
    place_of,
    token_column,
    token_name,
    tokens_of,
    values_of,
)
from sectorprivacy.integrations.django._forms import FORM_CODECS, SealedFormField
from sectorprivacy.integrations.django._page import row_state
from sectorprivacy.integrations.django._saving import database_of, protect, stands
from sectorprivacy.integrations.django._value import CellText, SealedColumn, gate_for, gate_for_sealing, opened
from sectorprivacy.purposes import Gate

_PACKAGE = "sectorprivacy.integrations.django"


if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
    _BinaryField = models.BinaryField[Any, Any]
    _Exact = Exact[Any]
else:
    _Field, _BinaryField, _Exact = models.Field, models.BinaryField, Exact


class SealedAttribute(DeferredAttribute):
    """What stands on the class in the place of a sealed column: makes `Sealed` of the stored text on access alone."""

    field: Any

    def __get__(self, instance: Any, cls: type | None = None) -> Any:
        value = super().__get__(instance, cls)
        if not isinstance(value, str):
            return value
        shown = row_state(instance).shown
        column = shown.get(self.field.attname)
        if column is None or column.text is not value:
            column = shown[self.field.attname] = SealedColumn.of_row(instance, self.field, value)
        return column

    def __set__(self, instance: Any, value: Any) -> None:
        name = self.field.attname
        held = values_of(instance)
        if isinstance(value, CellText):
            held[name] = value
        elif isinstance(value, SealedColumn) and _same_row(value.row, instance):
            if value.row is not instance or value.text != held.get(name):
                self._refresh(instance, value)
        elif value is None or isinstance(value, Sealed):
            held[name] = value
        else:
            raise ValueNotSealable(
                path=self.field.path, codec="Sealed", reason="it is in the clear; give Sealed.of(value)"
            )

    def _refresh(self, instance: Any, value: SealedColumn) -> None:
        if value.row is instance:
            values_of(instance)[self.field.attname] = value  # put back; its token is computed anew
            return
        values_of(instance)[self.field.attname] = CellText(value.text)
        row_state(instance).sealed_for.pop(self.field.attname, None)
        token = token_column(self.field)
        if token is not None:
            values_of(instance).pop(token, None)  # it belongs to the value before, and is loaded with the next access

    def __delete__(self, instance: Any) -> None:
        values_of(instance).pop(self.field.attname, None)


def _same_row(one: models.Model, other: models.Model) -> bool:
    return one is other or (
        one.pk is not None and one.pk == other.pk and meta(one).concrete_model is meta(other).concrete_model
    )


class SealedExact(_Exact):
    """Compares the cell itself, for compare-and-swap; a value is never compared in the database."""

    def get_prep_lookup(self) -> Any:
        """Raises: FieldError for everything but a cell."""
        if self.rhs is None or isinstance(self.rhs, CellText):
            return self.rhs
        raise not_compared(self.lhs.output_field)


def _place_now(field: SealedField, row: models.Model) -> Place:
    """Where a value of a row lives, asked once its owners are known."""
    return place_of(gate_for(row), field, row)


def _is_value_of(field: SealedField, expression: Any) -> bool:
    return isinstance(expression, Value) and cast("Any", expression).output_field == field


def _is_itself(field: SealedField, expression: Any) -> bool:
    """Whether an expression is the very column, which leaves its cells where they are."""
    if isinstance(expression, F):
        return expression.name == field.attname
    return isinstance(expression, Col) and cast("Any", expression).target == field


def not_compared(field: SealedField) -> FieldError:
    """Why a lookup is refused, and the way out."""
    return FieldError(
        f"{field.path} is sealed: the database cannot compare its values. Use .matching({field.name}=...), which needs "
        "Personal(..., index=BlindIndex(...)), or search by another column."
    )


class SealedField(_Field):
    """A field whose values are sealed: `email = SealedField(str, Personal(C.EMAIL))`.

    The attribute gives a `Sealed` that opens inside a purpose; it takes `Sealed.of(value)` and None. A value is sealed
    when its row is saved, inside `with privacy:`, with the key of the row's owner. Where the database assigns the
    record's key, the cell is bound to the person alone: cells of one person can then be exchanged between that
    person's records.

    Args:
        sort: What it holds: str, bytes, int, Decimal, date, datetime, bool, dict or list (JSON).
        mark: What it is. It may stand in the annotation or in `@personal(fields=...)` as well, unless it has an index:
            the column with the tokens is made when the field is.
        options: Options of Django that make sense for it: null, blank, editable, help_text, verbose_name, db_column,
            db_comment, error_messages. What looks into values or compares them is refused by the system checks.

    Raises:
        InvalidDeclaration: No codec writes values of this sort.
    """

    descriptor_class = SealedAttribute
    empty_strings_allowed = False
    is_sealed: ClassVar[bool] = True

    def __init__(self, sort: Any, mark: Personal | None = None, **options: Any) -> None:
        self.sort: type = get_origin(sort) or sort
        self.codec = codec_of(sort)
        self.mark = mark
        super().__init__(**options)

    if TYPE_CHECKING:  # the attribute itself is a SealedAttribute

        def __get__(self, instance: Any, owner: Any) -> Any: ...
        def __set__(self, instance: Any, value: Any) -> None: ...

    @property
    def path(self) -> str:
        """Model and field, for messages."""
        return f"{meta(self.model).label}.{self.name}"

    def deconstruct(self) -> Any:
        """What a migration writes. Marks and tokens are no part of the column."""
        name, _, arguments, options = super().deconstruct()
        return name, f"{_PACKAGE}.SealedField", [self.sort, *arguments], options

    def get_internal_type(self) -> str:
        """Its column is that of a text."""
        return "TextField"

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:
        """Join the model: its annotation, how it loads and saves, and the column with the tokens."""
        super().contribute_to_class(cls, name, private_only)
        protect(cls)
        sealed: Any = Sealed
        if self.mark is not None:
            _annotate(cls, name, Annotated[sealed[self.sort], self.mark])
        elif name not in values_of(cls).get("__annotations__", ()):
            _annotate(cls, name, sealed[self.sort])
        index = None if self.mark is None else self.mark.index
        if index is not None and not meta(cls).abstract:
            token = token_name(name)
            cls.add_to_class(token, TokenField(unique=index.unique, db_index=not index.unique))
            _annotate(cls, token, Annotated[bytes, NotPersonal(f"search token of {name}, which goes with it")])

    def check(self, **options: Any) -> list[checks.CheckMessage]:
        """The system checks of Django for this field."""
        return [*super().check(**options), *field_problems(self)]

    # Saving

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """The cell of the row, sealed now if its value is new; its token is put beside it.

        What is as it was loaded is left to the database. What this instance wrote before is sealed once more: the save
        before may have been rolled back, and a key that it was sealed under be destroyed.

        Raises:
            NoPrivacy: No Privacy object is current.
            ValueNotSealable: It is the cell of another row, a rotation destroyed its key since, or the codec cannot
                hold the value.
            IntegrityError: Its index is unique, and another row has the value.
            PersonErased: The owner was erased here.
            KeyErased: The owner's keys were destroyed.
        """
        if not add and stands(model_instance, self.attname):
            return F(self.attname)
        getattr(model_instance, self.attname)  # loads it: a deferred value is not an empty one
        value = values_of(model_instance).get(self.attname)
        if value is None:
            self._put_token(model_instance, ())
            return None
        state = row_state(model_instance)
        if isinstance(value, str):
            if add:
                self._refuse_copy(model_instance, state.sealed_for.get(self.attname))
                return CellText(value)
            value = Sealed.stored(partial(_place_now, self, model_instance), value)
        place, text = self._sealed(gate_for(model_instance), model_instance, value)
        state.sealed_for[self.attname] = place
        values_of(model_instance)[self.attname] = text
        return text

    def _sealed(self, gate: Gate, row: models.Model, value: Sealed[Any]) -> tuple[Place, CellText]:
        if not value.is_stored or not value.text.startswith(PREFIX):
            gate = gate_for_sealing(row, declared(gate, self)[0])  # before its place is asked for
        place = place_of(gate, self, row)
        plain = self._opened(gate, place, value) if value.is_stored else value.release()
        key = gate.keys.for_sealing(place.subject, place.retention_class)
        text = CellText.of(seal(key, place, plain))
        self._put_token(row, tokens_of(gate, self, place, plain))
        return place, text

    def _opened(self, gate: Gate, place: Place, value: Sealed[Any]) -> Any:
        if value.place != place:
            raise self._of_another_row()
        try:
            return opened(gate, place, value.cell)
        except KeyErased:
            raise self._refused(
                "the key it was sealed under is destroyed; load its row anew, and set Sealed.of(value) if it changes"
            ) from None

    def _put_token(self, row: models.Model, tokens: tuple[bytes, ...]) -> None:
        name = token_column(self)
        if name is not None:
            self._refuse_duplicate(row, name, tokens[1:])
            values_of(row)[name] = tokens[0] if tokens else None
        elif tokens:
            raise InvalidDeclaration(
                where=self.path,
                problem="it has an index and its table has no column for the tokens",
                instead="Give the mark to SealedField(str, Personal(..., index=...)) and run makemigrations",
            )

    def _refuse_duplicate(self, row: models.Model, name: str, others: tuple[bytes, ...]) -> None:
        """While the index key is rotated, the unique constraint does not see that another row has the value."""
        if others and meta(self.model).get_field(name).unique:
            rows = cast("Any", models.QuerySet)(self.model, using=database_of(row)).filter(**{f"{name}__in": others})
            if rows.exclude(pk=row.pk).exists():
                raise IntegrityError(f"{self.path}: another row has the value, and its index is unique.")

    def _refuse_copy(self, row: models.Model, sealed_for: Place | None) -> None:
        """Text that was loaded belongs to a row that exists; a new row is another one."""
        if sealed_for is None or sealed_for != place_of(gate_for(row), self, row):
            raise self._of_another_row()

    def _of_another_row(self) -> ValueNotSealable:
        return self._refused("it is sealed for another row; open it for a purpose and hold it anew, Sealed.of(value)")

    def _refused(self, reason: str) -> ValueNotSealable:
        return ValueNotSealable(path=self.path, codec="cell", reason=reason)

    def get_prep_value(self, value: Any) -> str | None:
        """The text of a cell; whatever path leads here, nothing else passes. Raises: ValueNotSealable."""
        if value is None:
            return None
        if isinstance(value, CellText):
            return str(value)
        if isinstance(value, Sealed) and value.is_stored:
            return str(value.text)
        raise self._refused("it was not sealed for a row; set Sealed.of(value) on the instance and save that")

    def get_placeholder(self, value: Any, *_: Any) -> str:
        """Django asks here before it writes an expression. Raises: FieldError for all but those of bulk_update."""
        if hasattr(value, "as_sql") and not _is_itself(self, value) and not self.is_bulk_update(value):
            raise FieldError(f"{self.path} is sealed: an expression of the database cannot be its value.")
        return "%s"

    def is_bulk_update(self, value: Any) -> bool:
        """Whether an expression does nothing but choose among cells of this field."""
        if isinstance(value, Cast):
            (value,) = value.get_source_expressions()
        return isinstance(value, Case) and all(
            _is_value_of(self, case.result) or _is_itself(self, case.result) for case in value.cases
        )

    # Searching

    def get_lookup(self, lookup_name: str) -> Any:
        """Only whether there is a value. Raises: FieldError."""
        if lookup_name == "isnull":
            return IsNull
        if lookup_name == "exact":
            return SealedExact
        raise not_compared(self)

    def get_transform(self, lookup_name: str) -> Any:  # noqa: ARG002  # Django's signature
        """None is possible. Raises: FieldError."""
        raise not_compared(self)

    # Forms and serialisers

    def formfield(self, *_: Any, **options: Any) -> Any:
        """A form field that shows nothing; None for bytes, which nobody enters."""
        if self.codec not in FORM_CODECS:
            return None
        index = None if self.mark is None else self.mark.index
        given: dict[str, Any] = {"form_class": SealedFormField, "codec": self.codec, "index": index, **options}
        return super().formfield(**given)

    def save_form_data(self, instance: Any, data: Any) -> None:
        """An empty answer keeps what is stored."""
        if data is not None:
            setattr(instance, self.name, data)

    def to_python(self, value: Any) -> Any:
        """What serialisers and validation give: a Sealed, or the text of a cell. Raises: ValidationError."""
        if value is None or isinstance(value, Sealed):
            return cast("Any", value)
        try:
            return CellText.checked(value)
        except (DecryptionError, AttributeError):
            raise ValidationError("This is no sealed value.", code="not-sealed") from None

    def value_to_string(self, obj: models.Model) -> str:
        """The cell, for serialisers. Raises: NotSealed for a value that is held."""
        return str(self.value_from_object(obj).text)


_FIXED: Final[dict[str, Any]] = {"null": True, "blank": True, "editable": False}


class TokenField(_BinaryField):
    """The search tokens of a sealed field; it is added by that field and lives and dies with it."""

    is_token: ClassVar[bool] = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, **_FIXED)

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """The token of the value that is written; left to the database with its cell."""
        if not add and stands(model_instance, self.name.removesuffix("_token")):
            return F(self.attname)
        return super().pre_save(model_instance, add)

    def deconstruct(self) -> Any:
        """What a migration writes."""
        name, _, arguments, options = super().deconstruct()
        return (
            name,
            f"{_PACKAGE}.TokenField",
            arguments,
            {key: value for key, value in options.items() if key not in _FIXED},
        )


def _annotate(model: type, name: str, hint: Any) -> None:
    """Say what an attribute is, where the readers of marks look."""
    if "__annotations__" not in vars(model):
        model.__annotations__ = {}
    model.__annotations__[name] = hint
