"""Errors of declarations as findings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sectorprivacy.checks._finding import Finding
from sectorprivacy.checks._rules import RULES
from sectorprivacy.errors import (
    DeclarationError,
    DeclarationsInvalid,
    InvalidDeclaration,
    LeakageRefused,
    NotDeclared,
    UnknownWord,
    UnmarkedFields,
)


def declared_id(model: type) -> str:
    """Id of a declared model; of another the name of its class, as errors call it."""
    return str(getattr(vars(model).get("__personal__"), "id", model.__qualname__))


def of_error(error: DeclarationError) -> Iterator[Finding]:
    """What an error of declarations says, each of several by itself."""
    match error:
        case DeclarationsInvalid(errors=several):
            for each in several:
                yield from of_error(each)
        case UnmarkedFields(model=model, paths=paths):
            for path in paths:
                yield _finding(error, f"{model}.{path}", "It carries no mark.")
        case InvalidDeclaration(where=where, problem=problem):
            yield _finding(error, _place(where), f"{problem[:1].upper()}{problem[1:]}.")
        case LeakageRefused(where=where, why=why):
            yield _finding(error, where, f"A blind index would give its values away: {why}.")
        case NotDeclared(model=model):
            yield _finding(error, model, "It is not declared.")
        case UnknownWord(kind=kind, id=word):
            yield _finding(error, f"{kind} {word}", error.explanation)
        case _:
            yield _finding(error, "declarations", error.explanation)


_FORMS = (
    (re.compile(r"@personal\(id='(.+)'\)"), r"\1"),
    (re.compile(r"field (.+)"), r"\1"),
    (re.compile(r"Controller .+"), "controller"),
    (re.compile(r"Activity (.+)"), r"activity \1"),
    (re.compile(r"Recipient (.+)"), r"recipient \1"),
)


def _place(where: str) -> str:
    """What an error is about, in the form in which findings say it."""
    for form, said in _FORMS:
        match = form.fullmatch(where)
        if match is not None:
            return match.expand(said)
    return where


def _finding(error: DeclarationError, where: str, message: str) -> Finding:
    return RULES[error.code].finding(where, message, error.advice)
