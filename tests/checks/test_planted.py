"""Drifts planted in a copy of the reference company: `check`, in a process of its own, finds each by its code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import frozen

COMPANY = Path("docs/examples/alarm_company")
COMMAND = "import sys; from sectorprivacy.cli import run; sys.exit(run(sys.argv[1:]))"

MONEY = "register/_money.py"
CONTACT = "register/_contact.py"
RECIPIENTS = "register/_recipients.py"
PAYMENTS = "billing/_payments.py"

RECORDED = "    uses=[C.RECORDING],\n"
AMOUNT = "    amount: Annotated[int,"
GUEST = """class Guest(Base):
    __tablename__ = "guest"
    email: Mapped[str] = mapped_column(primary_key=True)


"""


def label(text: str) -> str:
    return f"label=say({text!r}, nb={text!r}, sv={text!r})"


@frozen(kw_only=True)
class Plant:
    """A change, and what must be found of it.

    Args:
        file: File of the company that is changed.
        old: Text that stands in it.
        new: What is written in its place.
        codes: Codes that are found then.
        at: What one of the findings is about.
    """

    file: str
    old: str
    new: str
    codes: frozenset[str]
    at: str


PLANTS: Mapping[str, Plant] = {
    "a recipient moves out of the EEA": Plant(
        file=RECIPIENTS,
        old='agreement="DPA-2022-02",\n    country="NO",',
        new='agreement="DPA-2022-02",\n    country="US",',
        codes=frozenset({"declaration.transfer-without-safeguard"}),
        at="recipient Fakturatrykk AS",
    ),
    "an activity forgets how long": Plant(
        file=CONTACT,
        old='    keep=Keep(after="called", months=3),\n',
        new="",
        codes=frozenset({"declaration.retention-missing"}),
        at="activity record-calls",
    ),
    "health data without a ground": Plant(
        file=CONTACT,
        old=RECORDED,
        new="    uses=[C.RECORDING, C.HEALTH],\n",
        codes=frozenset({"declaration.protected-without-ground"}),
        at="activity record-calls",
    ),
    "an activity uses what nobody holds": Plant(
        file=CONTACT,
        old=RECORDED,
        new='    uses=[C.RECORDING, C.HEALTH],\n    special="explicit_consent",\n',
        codes=frozenset({"category-unheld", "drift-changed"}),
        at="activity record-calls, category health",
    ),
    "a new column without a mark": Plant(
        file=PAYMENTS,
        old=AMOUNT,
        new=f"    payer_name: str\n{AMOUNT}",
        codes=frozenset({"declaration.unmarked-fields"}),
        at="billing.payment.payer_name",
    ),
    "a new field that no activity uses": Plant(
        file=PAYMENTS,
        old=AMOUNT,
        new=f'    score: Annotated[int, Personal(C.CREDIT, about="payer", {label("Score")})]\n{AMOUNT}',
        codes=frozenset({"category-unused", "drift-added"}),
        at="billing.payment.score",
    ),
    "a field about people without a basis": Plant(
        file=PAYMENTS,
        old=AMOUNT,
        new=f'    heir: Annotated[str, Personal(C.PAYMENT, about="estate", {label("Heir")})]\n{AMOUNT}',
        codes=frozenset({"role-uncovered", "drift-added"}),
        at="billing.payment, role estate",
    ),
    "a telephone number marked as none": Plant(
        file=PAYMENTS,
        old=AMOUNT,
        new=f'    payer_phone: Annotated[str, NotPersonal("of no use")]\n{AMOUNT}',
        codes=frozenset({"field-unmarked-likely", "drift-changed"}),
        at="billing.payment.payer_phone",
    ),
    "a field that comes from elsewhere now": Plant(
        file=PAYMENTS,
        old="    source=Source.OBSERVED,",
        new="    source=Source.THIRD_PARTY,",
        codes=frozenset({"drift-changed"}),
        at="billing.payment.amount",
    ),
    "a table that nobody declared": Plant(
        file="crm/_models.py",
        old="RowKey = ",
        new=f"{GUEST}RowKey = ",
        codes=frozenset({"table-undeclared"}),
        at="table guest",
    ),
    "an interest that nobody weighed": Plant(
        file=MONEY,
        old='    assessment="LIA-09",\n',
        new="",
        codes=frozenset({"interest-unassessed", "drift-changed"}),
        at="activity billing",
    ),
    "a processor without an agreement": Plant(
        file=RECIPIENTS,
        old='    agreement="DPA-2022-02",\n',
        new="",
        codes=frozenset({"processor-without-agreement", "drift-changed"}),
        at="recipient Fakturatrykk AS",
    ),
    "marketing by any channel": Plant(
        file=CONTACT,
        old="purpose=P.RECORD_KEEPING",
        new="purpose=P.DIRECT_MARKETING",
        codes=frozenset({"marketing-without-channel", "drift-changed"}),
        at="activity record-calls",
    ),
    "a rating that a machine decides on": Plant(
        file=MONEY,
        old="purpose=P.OFFER",
        new="purpose=P.CREDITWORTHINESS",
        codes=frozenset({"decision-without-human", "drift-changed"}),
        at="activity prepare-offer",
    ),
    "a period that counts from nothing": Plant(
        file=CONTACT,
        old='keep=Keep(after="called", months=3)',
        new='keep=Keep(after="hung_up", months=3)',
        codes=frozenset({"event-unknown", "event-unworded", "anchor-unused", "drift-changed"}),
        at="activity record-calls, event hung_up",
    ),
    "a title in one language": Plant(
        file=CONTACT,
        old='title=say("recording calls", nb="å ta opp telefonsamtaler", sv="att spela in telefonsamtal")',
        new='title="recording calls"',
        codes=frozenset({"wording-missing", "drift-changed"}),
        at="activity record-calls",
    ),
}


@pytest.fixture(scope="module")
def untouched(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of its own with a copy of the company and its snapshot."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(root / COMPANY, project / COMPANY, ignore=shutil.ignore_patterns("__pycache__"))
    table = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["sectorprivacy"]
    exempt = "".join(f"{json.dumps(key)} = {json.dumps(reason)}\n" for key, reason in table.pop("exempt", {}).items())
    options = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
    (project / "pyproject.toml").write_text(
        f"[tool.sectorprivacy]\n{options}\n[tool.sectorprivacy.exempt]\n{exempt}", "utf-8"
    )
    findings, exit_code = checked(project, root, "--write")
    assert (findings, exit_code) == ([], 0), "what is wrong here is wrong before anything is planted"
    return project


@pytest.fixture
def project(untouched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(untouched, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__")))


def checked(project: Path, root: Path, *options: str) -> tuple[list[dict[str, Any]], int]:
    """Findings and exit code of `sectorprivacy check` in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", COMMAND, "check", "--format", "json", *options],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        check=False,
        timeout=100,
    )
    assert done.stderr == b""
    return json.loads(done.stdout)["findings"], done.returncode


@pytest.mark.parametrize("name", PLANTS)
def test_planted(name: str, project: Path, root: Path) -> None:
    """A change that parts code and declaration fails the build, under its own code and no other."""
    plant = PLANTS[name]
    file = project / COMPANY / plant.file
    text = file.read_text("utf-8")
    assert plant.old in text, "the company is written otherwise now"
    file.write_text(text.replace(plant.old, plant.new, 1), "utf-8")
    assert file.read_text("utf-8") != text

    findings, exit_code = checked(project, root)
    assert {each["code"] for each in findings} == plant.codes
    about = [each for each in findings if each["where"] == plant.at]
    assert about
    assert all(each["file"] == str(COMPANY / plant.file) for each in about)
    assert exit_code == 1


def test_untouched(project: Path, root: Path) -> None:
    """The company as it is fails no build."""
    assert checked(project, root) == ([], 0)


def test_planted_exemption(project: Path, root: Path) -> None:
    """An exemption that nothing needs fails the build."""
    file = project / "pyproject.toml"
    file.write_text(file.read_text() + '"activity billing" = "it was so once"\n')
    findings, exit_code = checked(project, root)
    assert [each["code"] for each in findings] == ["exemption-stale"]
    assert exit_code == 1
