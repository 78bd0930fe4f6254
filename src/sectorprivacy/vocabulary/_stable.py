"""Stable ids: what is stored, compared and pinned, whatever things are called in code."""

from __future__ import annotations

import re

from sectorprivacy.errors import InvalidDeclaration

_FORM = re.compile(r"[a-z0-9_.-]{1,100}")


def stable_id(text: str, *, where: str) -> str:
    """The id, if it is one: 1 to 100 of lower-case ASCII letters, digits, '_', '.' and '-'.

    Args:
        text: The id.
        where: What it is the id of, as the error names it.

    Raises:
        InvalidDeclaration: It is something else.
    """
    if not _FORM.fullmatch(text):
        raise InvalidDeclaration(
            where=where,
            problem=f"{text!r} is not a stable id",
            instead="Use 1 to 100 lower-case ASCII letters, digits, '_', '.' and '-'",
        )
    return text
