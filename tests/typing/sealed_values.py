"""A sealed value knows the type inside it, and cannot be taken for it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import assert_type

from sectorprivacy.encryption import KeyStore, MemoryKeyStore, Place, Sealed
from sectorprivacy.signing import Envelope, Signer, Verifier


def opening_gives_back_the_type(place: Place) -> None:
    assert_type(Sealed.of("1901"), Sealed[str])
    assert_type(Sealed.of(Decimal(1)).open(), Decimal)
    born: Sealed[date] = Sealed.stored(place, b"")
    assert_type(born.open(), date)


def a_sealed_value_is_not_its_value(number: Sealed[str]) -> None:
    number.upper()  # type: ignore[attr-defined]
    plain: str = number  # type: ignore[assignment]
    wrong: Sealed[int] = Sealed.of("1")  # type: ignore[arg-type]
    del plain, wrong


def signatures_and_envelopes(signer: Signer, verifier: Verifier) -> None:
    assert_type(Signer.generate(), Signer)
    envelope = Envelope.sign("application/x", b"", signer)
    assert_type(envelope, Envelope)
    assert_type(envelope.verify(verifier, "application/x"), bytes)
    Envelope.sign("application/x", b"", verifier)  # type: ignore[arg-type]  # a public key signs nothing


def stores_fit_their_protocols() -> KeyStore:
    return MemoryKeyStore()
