"""Receipts: a service's signed account of what it did, verified, compared with what was seen, and countersigned."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from pydantic import ValidationError

from sectorprivacy.errors import PrivacyError, ServiceFailed
from sectorprivacy.rights.coordinator._calls import Calls
from sectorprivacy.rights.coordinator._case import CasePart, DataSetChange, Evidence
from sectorprivacy.rights.coordinator._checks import check_receipt
from sectorprivacy.rights.coordinator._desk import Desk
from sectorprivacy.rights.protocol import RECEIPT_TYPE, ApplyTask, Digest, Manifest, Receipt, canonical
from sectorprivacy.signing import Envelope

COUNTERSIGNATURE_TYPE = "application/vnd.sectorprivacy.countersignature.v1+json"
"""DSSE payload type of a Countersignature."""


class Countersignature(CasePart):
    """The coordinator's word that it holds this receipt; the payload of a DSSE envelope.

    Args:
        case, task, service: What the receipt is about.
        receipt: SHA-256 of the receipt's envelope, as it was stored.
        at: When it was verified; UTC.
    """

    case: UUID
    task: UUID
    service: str
    receipt: Digest
    at: str


async def take_receipt(
    desk: Desk, calls: Calls, manifest: Manifest, task: ApplyTask, applied: Sequence[DataSetChange]
) -> dict[str, object]:
    """Ask for the receipt of a finished task and verify it.

    Returns:
        What to note with the service's answer: `evidence`, or why there is none in `receipt_failed`.
    """
    try:
        envelope = await calls.ask(lambda: desk.services[calls.service].receipt(task.task))
        check_receipt(_verified(desk, calls.service, envelope), manifest=manifest, task=task, applied=applied)
    except ServiceFailed as failure:
        return {"evidence": None, "receipt_failed": failure.reason}
    return {"evidence": _countersigned(desk, calls.service, task, envelope), "receipt_failed": None}


def _verified(desk: Desk, service: str, envelope: object) -> Receipt:
    if service not in desk.verifiers:
        raise ServiceFailed(service=service, reason="no_key_for_receipt")
    if not isinstance(envelope, Envelope):
        raise ServiceFailed(service=service, reason="nonsense")
    try:
        payload = envelope.verify(desk.verifiers[service], RECEIPT_TYPE)
        return Receipt.model_validate_json(payload)
    except (PrivacyError, ValidationError):
        raise ServiceFailed(service=service, reason="receipt_invalid") from None


def _countersigned(desk: Desk, service: str, task: ApplyTask, envelope: Envelope) -> Evidence:
    receipt = _text(envelope)
    countersignature = Countersignature(
        case=task.case,
        task=task.task,
        service=service,
        receipt=hashlib.sha256(receipt.encode()).hexdigest(),
        at=desk.now().isoformat(timespec="seconds"),
    )
    signed = Envelope.sign(COUNTERSIGNATURE_TYPE, canonical(countersignature), desk.signer)
    return Evidence(receipt=receipt, countersignature=_text(signed))


def _text(envelope: Envelope) -> str:
    return envelope.to_json().decode()
