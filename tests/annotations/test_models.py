"""Models read together: everything that is wrong is said at once, and an id stands for one model."""

from __future__ import annotations

from typing import Annotated

import pytest
from attrs import define

from sectorprivacy.annotations import Personal, SubjectId, personal, read_models, sift_models
from sectorprivacy.errors import DeclarationsInvalid, InvalidDeclaration, NotDeclared, UnmarkedFields


@personal(id="crm.customer", key="email")
@define
class Customer:
    email: Annotated[str, SubjectId("email", role="customer")]


@personal(id="crm.customer", key="email")
@define
class Client:
    email: Annotated[str, SubjectId("email", role="customer")]


@personal(id="crm.note", key="author")
@define
class Note:
    author: Annotated[str, SubjectId("email", role="customer"), Personal("email")]
    text: str


class Nobody:
    pass


def test_models_keep_their_order() -> None:
    """What is read first stands first, in documents too."""

    @personal(id="a.first", key="email")
    @define
    class First:
        email: Annotated[str, SubjectId("email", role="customer")]

    assert [each.model for each in read_models([Customer, First])] == [Customer, First]


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Whoever declares a company mends all its models after one look."""
    with pytest.raises(DeclarationsInvalid) as refused:
        read_models([Customer, Note, Nobody])
    assert [type(each) for each in refused.value.errors] == [UnmarkedFields, NotDeclared]


@pytest.mark.parametrize("second", [Client, Customer])
def test_an_id_stands_for_one_model(second: type) -> None:
    """Records of two models under one id could not be told apart in a copy; nor is a model given twice."""
    with pytest.raises(InvalidDeclaration, match=rf"both Customer and {second.__name__} have this id"):
        read_models([Customer, second])


def test_tools_see_what_can_be_read() -> None:
    """One model that cannot be read hides nothing of the others."""
    read, wrong = sift_models([Note, Customer])
    assert [each.model for each in read] == [Customer]
    assert [type(each) for each in wrong] == [UnmarkedFields]
