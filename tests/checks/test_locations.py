"""Where a finding stands in the code: the class, the attribute, the activity, relative to the root of the project."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from sectorprivacy.annotations import mark, read_fields
from sectorprivacy.checks import Table, findings_of
from sectorprivacy.documents import data_map
from sectorprivacy.errors import DeclarationError
from tests.checks.company import Customer, activity, found, policy

MODELS = '''
"""Models of a shop."""
from typing import Annotated
import attrs
from attrs import define
from pydantic import BaseModel
from sectorprivacy.annotations import NotPersonal, Personal, SubjectId, personal


@define
class Base:
    phone: Annotated[str, NotPersonal("of the shop")]  # line 12


class Line(BaseModel):
    text: Annotated[str, Personal("agreement")]
    ssn: Annotated[str, NotPersonal("a joke")]  # line 17


@personal(id="shop.order", key="number", anchors={"left": "number"})
@define
class Order(Base):  # line 22
    number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
    score: Annotated[
        str, Personal("credit", id="rating")
    ]  # begins on line 24
    name: Annotated[str, Personal("name")]
    contact: Annotated[
        str, Personal("name", about="payer")
    ]


@personal(id="shop.basket", key="number", anchors={"left": "number"})
class Basket(BaseModel):
    number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
    lines: list[Line]


def make():
    @personal(id="shop.inner", key="number", anchors={"left": "number"})
    @define
    class Inner:
        number: Annotated[str, SubjectId("customer_number", role="customer", verified=True)]
        ip: Annotated[str, NotPersonal("ours")]  # line 44
    return Inner
'''

REGISTER = '''
"""The register of a shop: "selling" is only mentioned here."""
from sectorprivacy.policy import Activity, Keep, Policy, Recipient

TITLES = {"selling": "a title"}
SKY = Recipient(
    name="Sky AS",  # line 7
    capacity="processor",
    task="IT",
    country="US",
)
selling = Activity(
    "selling",  # line 13
    purpose="service_provision",
    basis={"customer": "contract"},
    uses=["name"],
    keep=Keep(after="left"),  # line 17
    recipients=[SKY],
)
'''


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[ModuleType]:
    """The models, imported from a file in a project of their own."""
    file = tmp_path / "src" / "shop_models.py"
    file.parent.mkdir()
    file.write_text(MODELS)
    spec = importlib.util.spec_from_file_location("shop_models", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["shop_models"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["shop_models"]


def places(models: tuple[type, ...], root: Path, **options: object) -> dict[str, str | None]:
    findings = found(models=models, root=root, **options)  # type: ignore[arg-type]
    return {each.where: None if each.location is None else str(each.location) for each in findings}


def test_class_and_attribute(shop: ModuleType, tmp_path: Path) -> None:
    """A field is found by its id, in the class or a base of it; what concerns the whole data set, at its class."""
    assert places((Customer, shop.Order), tmp_path) == {
        "shop.order, role payer": "src/shop_models.py:22",
        "shop.order.phone": "src/shop_models.py:12",
        "shop.order.rating": "src/shop_models.py:24",
    }


def test_nested_attribute(shop: ModuleType, tmp_path: Path) -> None:
    """A path leads to the class that its first step holds."""
    assert places((Customer, shop.Basket), tmp_path) == {"shop.basket.lines.ssn": "src/shop_models.py:17"}


def test_class_inside_a_function(shop: ModuleType, tmp_path: Path) -> None:
    """A class is found wherever it is written."""
    assert places((Customer, shop.make()), tmp_path) == {"shop.inner.ip": "src/shop_models.py:44"}


def test_outside_the_project(shop: ModuleType, tmp_path: Path) -> None:
    """What lies outside the root has no place: paths of a machine are not told."""
    (tmp_path / "other").mkdir()
    assert set(places((Customer, shop.Order), tmp_path / "other").values()) == {None}


def test_class_of_a_table(shop: ModuleType, tmp_path: Path) -> None:
    """A table that nobody declared is found where the class of its rows is written."""
    table = Table(name="line", columns=["email"], model=shop.Line)
    assert places((Customer,), tmp_path, tables=[table]) == {"table line": "src/shop_models.py:15"}


def test_register(tmp_path: Path) -> None:
    """An activity and a recipient are found where they are made, an event where it is first named."""
    file = tmp_path / "register.py"
    file.write_text(REGISTER)
    namespace: dict[str, object] = {}
    exec(compile(REGISTER, str(file), "exec"), namespace)
    selling = namespace["selling"]
    with pytest.raises(DeclarationError) as refused:
        policy(selling)  # type: ignore[arg-type]
    (transfer,) = findings_of(refused.value, sources=[file], root=tmp_path)
    assert str(transfer.location) == "register.py:7"
    unworded = policy(events={})
    assert places((Customer,), tmp_path, register=unworded, sources=[file]) == {"event left": "register.py:17"}
    unnamed = policy(activity(contract=None))
    assert places((Customer,), tmp_path, register=unnamed, sources=[file]) == {"activity selling": "register.py:13"}
    assert places((Customer,), tmp_path, register=unnamed) == {"activity selling": None}


def test_class_that_is_not_ours(tmp_path: Path) -> None:
    """A class of somebody else is found where it is declared from outside."""
    file = tmp_path / "declared.py"
    file.write_text('from elsewhere import Other\n\nmark(Other, id="shop.other", fields={})\n')
    other = mark(type("Other", (), {"__module__": "elsewhere"}), id="shop.other", fields={})
    assert places((Customer, other), tmp_path, lock=data_map(policy(), [read_fields(Customer)]), sources=[file]) == {
        "shop.other": "declared.py:3"
    }


def test_what_cannot_be_imported(tmp_path: Path) -> None:
    """An error of the declaration itself stands where it was raised."""
    file = tmp_path / "register.py"
    file.write_text('from sectorprivacy.vocabulary import category\n\nC = category("emial")\n')
    with pytest.raises(DeclarationError) as refused:
        exec(compile(file.read_text(), str(file), "exec"), {})
    (finding,) = findings_of(refused.value, sources=[file], root=tmp_path)
    assert str(finding.location) == "register.py:3"
