"""Marks cost nothing to those who do not read them: validation with marks and without, and importing the library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel

from benchmarks import Benchmark, Case
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal
from sectorprivacy.vocabulary import categories as C  # the short name that users write

ROW = {"number": "100001", "name": "Kari Nordmann", "email": "kari@example.no", "telephone": "+4791503033", "plan": "a"}


@personal(id="benchmark.customer", key="number")
class Marked(BaseModel):
    """A customer with a mark on each field."""

    number: Annotated[str, SubjectId("customer_number", role="customer")]
    name: Annotated[str, Personal(C.NAME)]
    email: Annotated[str, Personal(C.EMAIL)]
    telephone: Annotated[str, Personal(C.TELEPHONE)]
    plan: Annotated[str, NotPersonal("what is sold")]


class Unmarked(BaseModel):
    """The same customer without marks."""

    number: str
    name: str
    email: str
    telephone: str
    plan: str


SOURCE = Path(__file__).parent.parent / "src"


def import_in_a_new_process(module: str) -> None:
    """Start an interpreter that imports a module, and nothing else."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    subprocess.run([sys.executable, "-c", f"import {module}"], env=environment, check=True)


def benchmark() -> Benchmark:
    """Validate and write one customer; start a program that imports the library."""
    customer, plain = Marked.model_validate(ROW), Unmarked.model_validate(ROW)
    return Benchmark(
        [
            Case(
                "validate a model",
                lambda: Marked.model_validate(ROW),
                against=("pydantic, no marks", lambda: Unmarked.model_validate(ROW)),
                goal=1.03,
            ),
            Case(
                "write a model as JSON",
                customer.model_dump_json,
                against=("pydantic, no marks", plain.model_dump_json),
                goal=1.03,
            ),
            Case(
                "import in a new process",
                lambda: import_in_a_new_process("sectorprivacy"),
                against=("import attrs", lambda: import_in_a_new_process("attrs")),
                goal=1.3,
            ),
        ]
    )
