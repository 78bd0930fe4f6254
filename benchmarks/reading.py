"""Reading marks: `read_fields` of 1,000 models with 20 fields each, against `typing.get_type_hints` of the same.

The goal for people is a second for all of them, whatever the ratio: the time shown is that of all 1,000.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Iterator

from benchmarks import Benchmark, Case
from sectorprivacy.annotations import read_fields

MODELS = 1_000

HEAD = """
from __future__ import annotations
from dataclasses import dataclass
from typing import Annotated
import attrs
from pydantic import BaseModel
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import categories as C
"""

CUSTOMER = """
@personal(id="benchmark.customer_{number}", key="number")
{head}
    number: Annotated[str, SubjectId("customer_number", role="customer")]
"""

STYLES = {
    "pydantic": "class Customer{number}(BaseModel):",
    "attrs": "@attrs.frozen\nclass Customer{number}:",
    "dataclasses": "@dataclass\nclass Customer{number}:",
}


def source(head: str) -> Iterator[str]:
    """A module with all models of one style, as a developer writes them: annotations are text until they are read."""
    yield HEAD
    for number in range(MODELS):
        yield CUSTOMER.format(number=number, head=head.format(number=number))
        yield from (f'    name{each}: Annotated[str, Personal(C.NAME, label="Name {each}")]\n' for each in range(10))
        yield from (f'    plan{each}: Annotated[int | None, NotPersonal("what is sold")]\n' for each in range(9))


def models(style: str) -> list[type]:
    """The models of one style, imported."""
    module = types.ModuleType(f"benchmarks_reading_{style}")
    sys.modules[module.__name__] = module
    exec(compile("".join(source(STYLES[style])), module.__name__, "exec"), vars(module))
    return [vars(module)[f"Customer{number}"] for number in range(MODELS)]


def read_all(marked: list[type]) -> None:
    """What starting an application does with its models."""
    for model in marked:
        read_fields(model)


def hints_of_all(marked: list[type]) -> None:
    """The least that any reader of annotations does."""
    for model in marked:
        typing.get_type_hints(model, include_extras=True)


def case(style: str) -> Case:
    """Read all models of one style."""
    marked = models(style)
    return Case(
        f"1,000 models, {style}",
        lambda: read_all(marked),
        against=("get_type_hints", lambda: hints_of_all(marked)),
        goal=2.0,
    )


def benchmark() -> Benchmark:
    """Read 1,000 models of each style."""
    return Benchmark([case(style) for style in STYLES])
