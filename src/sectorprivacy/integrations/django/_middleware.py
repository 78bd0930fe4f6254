"""PrivacyMiddleware: a Privacy is current while a request is handled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from sectorprivacy.app import Privacy


class PrivacyMiddleware:
    """Makes the Privacy that the setting `SECTORPRIVACY` names current for each request, sync or async.

    `SECTORPRIVACY = "alarm_site.privacy.privacy"` is the dotted path to the object, or to a function that returns it.
    What a streaming response sends comes after the view and outside: open values before, in the view.

    Args:
        get_response: What handles the request inside.

    Raises:
        ImproperlyConfigured: The setting is missing or leads to something else.
    """

    sync_capable: ClassVar[bool] = True
    async_capable: ClassVar[bool] = True

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        self.privacy = _privacy()
        # As Django asks: before Python 3.12, inspect does not know what markcoroutinefunction marks.
        self._is_async = iscoroutinefunction(get_response)  # pyright: ignore[reportDeprecated]
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: Any) -> Any:
        """Handle a request."""
        if self._is_async:
            return self._handle(request)
        with self.privacy:
            return self.get_response(request)

    async def _handle(self, request: Any) -> Any:
        with self.privacy:
            return await self.get_response(request)


def _privacy() -> Privacy:
    path = getattr(settings, "SECTORPRIVACY", None)
    found = import_string(path) if path else None
    if callable(found):
        found = found()
    if not isinstance(found, Privacy):
        raise ImproperlyConfigured(
            "SECTORPRIVACY must be the dotted path to a Privacy, or to a function that makes one."
        )
    return found
