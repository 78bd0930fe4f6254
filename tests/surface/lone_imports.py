"""A program that imports modules alone, in processes that have imported nothing of the library before.

It reads {"modules": [...], "hidden": [...]} on standard input: the names of the modules, and the top-level names of
libraries that are to look as if they were not installed. It writes {module: error} for the modules that failed.

A public module gets a process of its own. Whoever imports a private one imports its package first, so private
modules follow their package in its process.
"""

from __future__ import annotations

import importlib
import importlib.abc
import json
import os
import sys
from collections.abc import Collection

# Imported before the processes are made, so that each of them need not do it again.
SLOW = ("attrs", "cryptography", "pydantic", "typing_extensions")


class Hidden(importlib.abc.MetaPathFinder):
    """Makes libraries look as if they were not installed."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = frozenset(names)

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname.partition(".")[0] in self._names:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def by_process(modules: Collection[str]) -> list[list[str]]:
    """The modules in the groups, and the order, in which they are imported."""
    groups: dict[str, list[str]] = {}
    for module in sorted(modules):
        groups.setdefault(module.partition("._")[0], []).append(module)
    return list(groups.values())


def errors_of(modules: Collection[str]) -> dict[str, str]:
    """Import modules in a new process; the texts of the errors."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump({module: error for module in modules if (error := error_of(module))}, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return json.loads(answer)


def error_of(module: str) -> str:
    try:
        importlib.import_module(module)
    except BaseException as failure:  # noqa: BLE001  # whatever a module raises is what this program reports
        return f"{type(failure).__name__}: {failure}"
    return ""


def main() -> None:
    question = json.load(sys.stdin)
    for name in SLOW:
        importlib.import_module(name)
    sys.meta_path.insert(0, Hidden(question["hidden"]))
    errors: dict[str, str] = {}
    for modules in by_process(question["modules"]):
        errors |= errors_of(modules)
    json.dump(errors, sys.stdout)


if __name__ == "__main__":
    main()
