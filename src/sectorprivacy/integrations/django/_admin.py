"""SealedAdmin: what an admin page opens of a record, for a declared activity; nothing without one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.admin.utils import unquote

from sectorprivacy.encryption import Sealed
from sectorprivacy.errors import DecryptionError, ProcessingRefused
from sectorprivacy.integrations.django._declared import meta
from sectorprivacy.integrations.django._forms import SEALED
from sectorprivacy.policy import Activity
from sectorprivacy.purposes import using

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class SealedAdmin(_ModelAdmin):
    """A ModelAdmin that shows sealed values of one record, opened for an activity and logged.

    Every admin shows sealed fields as "sealed", and takes new values for them. This one opens the fields in
    `opened_fields` on the page of a record, inside `using(opened_for, record)`, beside the lines for new values.

    Attributes:
        opened_for: The activity for which the page opens values, or its id.
        opened_fields: Names of the sealed fields that it opens.
    """

    opened_for: Activity | str | None = None
    opened_fields: Sequence[str] = ()

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """The opened values stand among what can only be read."""
        declared: Any = super().get_readonly_fields(request, obj)
        if obj is None or self.opened_for is None:
            return declared
        return (*declared, *(_opened(meta(self.model).get_field(name)) for name in self.opened_fields))

    def changeform_view(
        self, request: Any, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """The page of a record, rendered while the purpose lasts."""
        record: Any = None if object_id is None else self.get_object(request, unquote(object_id))
        if record is None or self.opened_for is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        # Who may not see the record is sent away before anything of it is opened.
        with using(self.opened_for, record):
            response: Any = super().changeform_view(request, object_id, form_url, extra_context)
            if hasattr(response, "render"):
                response.render()
            return response


@cache  # Django asks several times, and compares
def _opened(field: Any) -> Callable[[Any], Any]:
    def opened(record: Any) -> Any:
        value: Any = getattr(record, field.name)
        try:
            return cast("Any", value).open() if isinstance(value, Sealed) else value
        except (ProcessingRefused, DecryptionError):
            return SEALED

    opened.__name__ = f"opened_{field.name}"
    opened.short_description = f"{field.verbose_name} (opened)"  # type: ignore[attr-defined]  # Django reads it there
    return opened
