"""A function under @processing keeps its signature, sync and async alike."""

from __future__ import annotations

from typing import assert_type

from sectorprivacy.policy import Activity
from sectorprivacy.purposes import processing
from sectorprivacy.vocabulary import SubjectRef


def decorated_functions_keep_their_signature(activity: Activity, ref: SubjectRef) -> None:
    @processing(activity, subject="customer")
    def rate(customer: SubjectRef, *, limit: int = 3) -> int:
        return limit

    assert_type(rate(ref, limit=2), int)
    rate(ref, limit="2")  # type: ignore[arg-type]
    rate()  # type: ignore[call-arg]


async def coroutines_stay_coroutines(activity: Activity, ref: SubjectRef) -> None:
    @processing(activity, subject="customer")
    async def rate(customer: SubjectRef) -> int:
        return 1

    assert_type(await rate(ref), int)
