from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Any

import pytest
from attrs import define
from pydantic import ValidationError

from alarm_company.policy import models, policy
from sectorprivacy.annotations import Personal, SubjectId, personal, read_fields
from sectorprivacy.documents import DataMap, data_map
from sectorprivacy.encryption import BlindIndex, Sealed
from sectorprivacy.policy import Activity, Controller, Keep, Policy
from sectorprivacy.vocabulary import Protection
from sectorprivacy.vocabulary import categories as C
from sectorprivacy.vocabulary import purposes as P
from tests.documents.large_company import large_data_map


def test_it_reads_back_what_it_wrote() -> None:
    """The file form is the whole data map: written, read and written again it is the same bytes."""
    text = large_data_map().model_dump_json(indent=2)
    assert DataMap.model_validate_json(text) == large_data_map()
    assert DataMap.model_validate_json(text).model_dump_json(indent=2) == text


def test_models_in_another_order_make_the_same_map() -> None:
    """A moved import is no change of the data map."""
    read = [read_fields(model) for model in models]
    assert data_map(policy, read) == data_map(policy, reversed(read))


def test_protection_comes_from_above() -> None:
    """Every category under a protected one says so itself, so that a reader need not climb (Art. 9, 87)."""
    found = {word.id: word.protection for word in data_map(policy, map(read_fields, models)).categories}
    assert found["national_id"] is Protection.NATIONAL_ID
    assert found["name"] is None


@personal(id="shop.order", key="number", not_personal={"number": "number of the order"})
@define
class Order:
    number: str
    customer: Annotated[str, SubjectId("customer_number", role="customer")]
    delivery: Annotated[str, Personal(C.ADDRESS)]
    courier: Annotated[str, SubjectId("email", role="employee", relation="appears"), Personal(C.EMAIL)]


def test_an_activity_uses_what_is_held_of_its_own_people() -> None:
    """News for customers do not use an order because the address of its courier is of the kind that they need."""
    ended = Keep(after="ended")
    activities = [
        Activity("news", purpose=P.SERVICE_PROVISION, basis={"customer": "contract"}, uses=[C.EMAIL], keep=ended),
        Activity("delivery", purpose=P.SERVICE_PROVISION, basis={"customer": "contract"}, uses=[C.ADDRESS], keep=ended),
    ]
    register = Policy(Controller("Shop AS", id="shop", country="NO"), activities)
    (order,) = data_map(register, [read_fields(Order)]).datasets
    assert order.activities == ("delivery",)


def broken(part: str) -> dict[str, Any]:
    """A data map with one name in it that leads nowhere."""
    found = json.loads(large_data_map().model_dump_json())
    if part == "under":
        found["categories"][0]["under"] = "nothing"
    elif part == "circle":
        found["categories"][0]["under"] = found["categories"][0]["id"]
    elif part == "category":
        found["datasets"][0]["fields"][0]["category"] = "nothing"
    elif part == "service":
        found["datasets"][0]["service"] = "nothing"
    elif part == "activity":
        found["datasets"][0]["activities"] = ["nothing"]
    else:
        found["policy"]["activities"][0]["recipients"] = ["nobody"]
    return found


@pytest.mark.parametrize("part", ["under", "circle", "category", "service", "activity", "recipient"])
def test_a_name_that_leads_nowhere_is_refused(part: str) -> None:
    """A data map that was edited by hand is whole, or it is none."""
    with pytest.raises(ValidationError, match="not there"):
        DataMap.model_validate(broken(part))


def test_unknown_members_and_formats_are_refused() -> None:
    """What this version does not know is not skipped."""
    found = json.loads(large_data_map().model_dump_json())
    with pytest.raises(ValidationError):
        DataMap.model_validate(found | {"more": 1})
    with pytest.raises(ValidationError):
        DataMap.model_validate(found | {"format": "sectorprivacy/data-map/2"})


@personal(id="shop.account", key="number", row_version="version")
@define
class Account:
    number: Annotated[str, SubjectId("customer_number", role="customer")]
    version: Annotated[int, Personal(C.AGREEMENT)]
    email: Annotated[
        Sealed[str],
        Personal(
            C.EMAIL,
            retention_class="marketing",
            index=BlindIndex("email-1", distinct=400, unique=True, accepted="so decided"),
            padding=(32, 64),
            plaintext_until=date(2027, 6, 30),
        ),
    ]


def test_how_a_field_is_sealed_and_searched_is_pinned() -> None:
    """Whatever locks data out when it changes stands in the file, and is read back from it."""
    ended = Keep(after="ended")
    activity = Activity(
        "serving", purpose=P.SERVICE_PROVISION, basis={"customer": "contract"}, uses=[C.EMAIL], keep=ended
    )
    register = Policy(Controller("Shop AS", id="shop", country="NO"), [activity])
    written = data_map(register, [read_fields(Account)])
    (account,) = json.loads(written.model_dump_json())["datasets"]
    said = {name: account["fields"][2][name] for name in ("codec", "retention_class", "padding", "plaintext_until")}
    assert account["row_version"] == "version"
    assert said == {
        "codec": "str",
        "retention_class": "marketing",
        "padding": [32, 64],
        "plaintext_until": "2027-06-30",
    }
    assert account["fields"][2]["index"] == {
        "normaliser": "email-1",
        "kind": "uniq",
        "size": 16,
        "distinct": 400,
        "accepted": "so decided",
    }
    assert account["fields"][1]["codec"] is account["fields"][1]["index"] is None
    assert DataMap.model_validate_json(written.model_dump_json()) == written
