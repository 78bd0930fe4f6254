"""System checks: what cannot be done with a sealed field is refused before the application starts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist
from django.db.models import NOT_PROVIDED, F, Model
from django.db.models.constants import LOOKUP_SEP

from sectorprivacy.annotations import read_fields
from sectorprivacy.errors import DeclarationError, NotDeclared
from sectorprivacy.integrations.django._declared import meta, sealed_columns, token_column, token_name

_COMPARED = "the database cannot compare sealed values"


def field_problems(field: Any) -> Iterator[checks.CheckMessage]:
    """Options of a sealed field that would not do what they say."""
    by_date = field.unique_for_date or field.unique_for_month or field.unique_for_year
    options = (
        ("primary_key", field.primary_key, _COMPARED),
        ("unique", field.unique and not field.primary_key, f"{_COMPARED}; give its mark BlindIndex(..., unique=True)"),
        ("db_index", field.db_index, f"{_COMPARED}; give its mark an index, BlindIndex(...)"),
        ("unique_for_...", by_date, _COMPARED),
        ("choices", field.choices, "whoever knows the choices can guess; offer them in the form"),
        ("default", field.has_default() and field.default is not None, "it is in the clear; set Sealed.of(value)"),
        ("db_default", field.db_default is not NOT_PROVIDED, "the database cannot seal"),
        ("validators", field.validators, "values are sealed when they run; validate in the form"),
    )
    for option, given, why in options:
        if given:
            yield _error(field, f"{option} is of no use on a sealed field: {why}.", "E001")


@checks.register(checks.Tags.models)
def check_models(app_configs: Any, **_: Any) -> list[checks.CheckMessage]:
    """What is wrong with models that have sealed fields."""
    models = [model for model in apps.get_models() if sealed_columns(model) and _is_asked(app_configs, model)]
    return [problem for model in models for problem in (*_managers(model), *_compared(model), *_marks(model))]


def _managers(model: type[Model]) -> Iterator[checks.CheckMessage]:
    for manager in meta(model).managers:
        if not getattr(manager.get_queryset(), "keeps_sealed", False):
            yield _error(
                model,
                f"The manager {manager.name!r} does not know sealed fields.",
                "E002",
                "Write objects = SealedManager(), or SealedManager.from_queryset(...) of a SealedQuerySet.",
            )


def _compared(model: type[Model]) -> Iterator[checks.CheckMessage]:
    """What would make the database compare ciphertexts, each of which is unlike all others."""
    sealed = {field.name for field in sealed_columns(model)}
    groups = [*meta(model).unique_together, *(each.fields for each in meta(model).indexes)]
    groups += [_named(each) for each in meta(model).constraints]
    for names in groups:
        for name in sorted(sealed.intersection(name.removeprefix("-") for name in names)):
            yield _error(
                model,
                f"{name!r} is sealed and stands in an index or a constraint: {_COMPARED}.",
                "E003",
                f"Use {token_name(name)}.",
            )


def _named(constraint: Any) -> list[str]:
    expressions = [part for each in getattr(constraint, "expressions", ()) for part in each.flatten()]
    return [*getattr(constraint, "fields", ()), *(part.name for part in expressions if isinstance(part, F))]


def _marks(model: type[Model]) -> Iterator[checks.CheckMessage]:
    for holder in dict.fromkeys(field.model for field in sealed_columns(model)):
        if holder is not model and not meta(model).proxy:
            continue  # it is checked itself
        try:
            field_map = read_fields(holder)
        except NotDeclared:
            yield _error(
                holder, "It has sealed fields and is not declared.", "E004", "Decorate it with @personal(id=...)."
            )
            continue
        except DeclarationError:
            continue  # Privacy(...) says it, with everything else that is wrong with declarations
        if field_map.row_version is not None:
            yield _error(
                holder, "Django's rows have no version that every save increments.", "E005", "Leave out row_version."
            )
        fields = {each.name: each for each in field_map.fields}
        for column in sealed_columns(holder):
            marked = fields.get(column.attname)
            if marked is None or marked.codec is not column.codec:
                yield _error(
                    column,
                    f"Its marks do not say that it is sealed as {column.codec.name.lower()}.",
                    "E006",
                    "Give the mark to the field: SealedField(str, Personal(...)).",
                )
            elif marked.index is not None and token_column(column) is None:
                yield _error(
                    column,
                    "It has an index and its table has no column for the tokens.",
                    "E007",
                    "Give the mark to the field: SealedField(str, Personal(..., index=BlindIndex(...))).",
                )


@checks.register(checks.Tags.admin)
def check_admin(**_: Any) -> list[checks.CheckMessage]:
    """What the admin cannot do with sealed fields: search, filter, walk by date."""
    if not apps.is_installed("django.contrib.admin"):
        return []
    from django.contrib.admin.sites import all_sites  # noqa: PLC0415  # not without the application

    return [problem for site in all_sites for each in _registered(site) for problem in _admin(each)]


def _registered(site: Any) -> Iterable[Any]:
    return cast("Iterable[Any]", site._registry.values())  # noqa: SLF001  # Django 5.2 has no public way to all of them


def _admin(admin: Any) -> Iterator[checks.CheckMessage]:
    filters: list[Any] = [each[0] if isinstance(each, tuple | list) else each for each in admin.list_filter]
    for option, paths in (
        ("search_fields", admin.search_fields),
        ("list_filter", [each for each in filters if isinstance(each, str)]),
        ("date_hierarchy", [admin.date_hierarchy] if admin.date_hierarchy else []),
    ):
        for path in paths:
            if _leads_to_sealed(admin.model, path.lstrip("^=@")):
                yield _error(
                    type(admin),
                    f"{option} names {path!r}, which is sealed: {_COMPARED}.",
                    "E008",
                    "Search by another column.",
                )


def _leads_to_sealed(model: Any, path: str) -> bool:
    for name in path.split(LOOKUP_SEP):
        try:
            field: Any = meta(model).get_field(name)
        except (FieldDoesNotExist, AttributeError):
            return False
        if getattr(field, "is_sealed", False):
            return True
        model = field.related_model
    return False


def _is_asked(app_configs: Any, model: type[Model]) -> bool:
    return app_configs is None or any(each.label == meta(model).app_label for each in app_configs)


def _error(on: Any, message: str, number: str, hint: str | None = None) -> checks.Error:
    return checks.Error(message, hint=hint, obj=on, id=f"sectorprivacy.{number}")
