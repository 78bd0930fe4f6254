"""Sealed fields in forms: what is stored is never shown, an empty answer keeps it, and a new one is held sealed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from sectorprivacy.encryption import BlindIndex, Codec, Sealed

SEALED: Final = "sealed"
"""What people see in the place of a value."""


class SealedInput(forms.TextInput):
    """An empty line, with a note where a value is stored."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The value never reaches the template."""
        note = {"placeholder": SEALED} if isinstance(value, Sealed) else {}
        return super().get_context(name, None, {"autocomplete": "off", **note, **(attrs or {})})

    def use_required_attribute(self, initial: Any) -> bool:
        """A browser must let an empty line pass where it keeps what is stored."""
        return super().use_required_attribute(initial) and not initial


class SealedChoice(forms.NullBooleanSelect):
    """Yes, no, or what is stored."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ARG002  # Django's signature
        """The value never reaches the template."""
        return super().get_context(name, None, attrs)


_INNER: Final[Mapping[Codec, Callable[[], forms.Field]]] = {
    Codec.STR: forms.CharField,
    Codec.INT: forms.IntegerField,
    Codec.DECIMAL: forms.DecimalField,
    Codec.DATE: forms.DateField,
    Codec.DATETIME: forms.DateTimeField,
    Codec.BOOL: forms.NullBooleanField,
    Codec.JSON: forms.JSONField,
}

FORM_CODECS: Final = frozenset(_INNER)
"""What can be entered in a form."""


class SealedFormField(forms.Field):
    """Takes a new value for a sealed field.

    Args:
        codec: How the value is sealed; it decides what may be entered.
        index: The blind index of the field: what its normaliser refuses cannot be entered.
        options: As for every form field.
    """

    def __init__(self, *, codec: Codec, index: BlindIndex | None = None, **options: Any) -> None:
        options.setdefault("widget", SealedChoice if codec is Codec.BOOL else SealedInput)
        super().__init__(**options)
        self._codec, self._index = codec, index
        self._inner = _INNER[codec]()

    def clean(self, value: Any) -> Sealed[Any] | None:
        """The new value, held; None for an empty answer. Raises: ValidationError, which does not carry the value."""
        return self._new(value, stored=False)

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ARG002  # Django's signature
        """Whether something was entered."""
        return not self.disabled and data not in self.empty_values

    def bound_data(self, data: Any, initial: Any) -> Any:  # noqa: ARG002  # Django's signature
        """What was entered is not shown again, not even after an error."""
        return initial

    def _clean_bound_field(self, bound: forms.BoundField) -> Sealed[Any] | None:
        if self.disabled:
            return None
        return self._new(bound.data, stored=bound.initial is not None)

    def _new(self, value: Any, *, stored: bool) -> Sealed[Any] | None:
        if value in self.empty_values:
            if self.required and not stored:
                raise ValidationError(self.error_messages["required"], code="required")
            return None
        try:
            new = self._inner.clean(value)
        except ValidationError as refused:
            # Its parameters may hold what was entered, and forms are logged.
            raise ValidationError(refused.messages, code="invalid") from None
        if self._index is not None and not self._index.same(self._codec, new, new):
            raise ValidationError("This is not of the form that is searched.", code="invalid")
        return Sealed.of(new)
