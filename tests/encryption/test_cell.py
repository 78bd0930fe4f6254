"""The cell: it opens in its place, whole and unchanged, or not at all."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption import (
    Codec,
    Keys,
    Place,
    SubjectKey,
    from_text,
    seal,
    seal_many,
    seal_row,
    to_text,
    unseal,
    unseal_many,
)
from sectorprivacy.errors import DecryptionError, InvalidDeclaration, NotSealed, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey, SubjectRef

At = Callable[..., Place]
OLA = SubjectRef(bytes(16))

RECORDS = [
    None,
    RecordKey.of(""),
    RecordKey.of("7"),
    RecordKey.of(7),
    RecordKey.of(-7),
    RecordKey.of(b"7"),
    RecordKey.of("\u00e6\u00f8\u00e5"),
    RecordKey.of("a\u030a"),
    RecordKey.of(UUID(int=7)),
    RecordKey.of(UUID(int=7).bytes),
    RecordKey.of("a", "b"),
    RecordKey.of("ab", ""),
    RecordKey.of("a", 7, UUID(int=7), b""),
]


def test_a_cell_is_46_bytes_longer_than_its_value(key: SubjectKey, place: At) -> None:
    """The overhead is what the specification says: two bytes, key id, nonce and tag."""
    cell = seal(key, place(), "secret")
    assert len(cell) == 46 + 6
    assert cell[:2] == b"\xf9\x01"
    assert cell[2:18] == key.kid
    assert unseal(key, place(), cell) == "secret"


def test_every_flipped_bit_is_refused(key: SubjectKey, place: At) -> None:
    """No single bit of a cell can be changed unnoticed, with typed errors only."""
    cell = seal(key, place(), "0101")
    for bit in range(len(cell) * 8):
        changed = bytearray(cell)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionError):
            unseal(key, place(), bytes(changed))


def test_every_truncation_and_extension_is_refused(key: SubjectKey, place: At) -> None:
    """A cut or lengthened cell does not open, and does not crash the reader."""
    cell = seal(key, place(), "0101")
    for length in range(len(cell)):
        with pytest.raises(DecryptionError):
            unseal(key, place(), cell[:length])
    with pytest.raises(DecryptionError):
        unseal(key, place(), cell + b"\x00")


@pytest.mark.parametrize(
    "changes",
    [
        {"tenant": "sector"},
        {"model": "crm.contact"},
        {"field": "telephone"},
        {"subject": OLA},
        {"record": RecordKey.of(8)},
        {"record": RecordKey.of("7")},
        {"record": None},
        {"codec": Codec.BYTES},
        {"retention_class": "marketing"},
        {"version": 1},
        {"model": "crm.customern", "field": "ational_id"},
    ],
    ids="+".join,
)
def test_a_cell_opens_in_its_own_place_only(key: SubjectKey, place: At, changes: dict[str, Any]) -> None:
    """Moving a cell to another field, model, record, person, tenant or class is noticed."""
    cell = seal(key, place(), "0101")
    with pytest.raises(DecryptionError):
        unseal(key, place(**changes), cell)


def test_no_two_record_keys_bind_alike(key: SubjectKey, place: At) -> None:
    """Composite, negative, empty and non-ASCII keys each stand for one record; nothing is normalised."""
    cells = [seal(key, place(record=record), "x") for record in RECORDS]
    for here, record in enumerate(RECORDS):
        for there, cell in enumerate(cells):
            if here == there:
                assert unseal(key, place(record=record), cell) == "x"
            else:
                with pytest.raises(DecryptionError):
                    unseal(key, place(record=record), cell)


def test_a_row_version_stops_an_older_cell(key: SubjectKey, place: At) -> None:
    """Where a field is declared with a row version, rolling it back to an older cell of itself is noticed."""
    older = seal(key, place(version=1), "old")
    with pytest.raises(DecryptionError):
        unseal(key, place(version=2), older)


def test_without_a_row_version_an_older_cell_opens(key: SubjectKey, place: At) -> None:
    """A documented limit: authenticated encryption cannot see that a cell is not the newest of its place."""
    older = seal(key, place(), "old")
    seal(key, place(), "new")
    assert unseal(key, place(), older) == "old"


def test_a_key_of_another_person_seals_nothing_here(keys: Keys, place: At) -> None:
    """A value can never be sealed under a key that shredding its person would leave alive."""
    for wrong in (keys.for_sealing(OLA, "contract"), keys.for_sealing(place().subject, "marketing")):
        for sealing in (
            partial(seal, wrong, place(), "x"),
            partial(seal_row, wrong, [place()], ["x"]),
            partial(seal_many, wrong, place(), [RecordKey.of(1)], ["x"]),
        ):
            with pytest.raises(ValueNotSealable):
                sealing()


@pytest.mark.parametrize("value", ["text", b"sp1.", b"\xf8" * 60, b""])
def test_what_is_no_cell_is_named_so(key: SubjectKey, place: At, value: Any) -> None:
    """Plaintext in a sealed column is another problem than a damaged cell."""
    data = value if isinstance(value, bytes) else value.encode()
    with pytest.raises(NotSealed):
        unseal(key, place(), data)


def cell_with(key: SubjectKey, place: Place, bits: int, data: bytes) -> bytes:
    """A cell of another writer: rightly sealed, with these bits in its second byte."""
    nonce, byte = os.urandom(12), place.codec | bits
    return bytes((0xF9, byte)) + key.kid + nonce + key.cell_cipher.encrypt(nonce, data, place.associated_data(byte))


def padded_cell(key: SubjectKey, place: Place, data: bytes) -> bytes:
    return cell_with(key, place, 0x80, data)


@pytest.mark.parametrize("reserved", [0x08, 0x10, 0x20, 0x40])
def test_reserved_bits_are_refused(key: SubjectKey, place: At, reserved: int) -> None:
    """A later version of the format is never read as this one, and it is an error of decryption, not of sealing."""
    cell = cell_with(key, place(), reserved, b"x")
    with pytest.raises(DecryptionError) as refused:
        unseal(key, place(), cell)
    assert type(refused.value) is DecryptionError


def test_padded_cells_open_without_their_padding(key: SubjectKey, place: At) -> None:
    """Cells of a writer with buckets open here; the declaration may have changed since."""
    assert unseal(key, place(), padded_cell(key, place(), b"abc\x80" + bytes(12))) == "abc"
    assert unseal(key, place(Codec.BYTES), padded_cell(key, place(Codec.BYTES), b"a\x80\x80")) == b"a\x80"


@pytest.mark.parametrize("data", [b"", b"abc", bytes(16), b"abc\x81\x00"])
def test_wrong_padding_is_refused(key: SubjectKey, place: At, data: bytes) -> None:
    """The last byte that is not zero must be 0x80; anything else was not written by us."""
    with pytest.raises(DecryptionError):
        unseal(key, place(), padded_cell(key, place(), data))


def test_text_has_one_spelling(key: SubjectKey, place: At) -> None:
    """Of all spellings of base64 one is accepted, so that no cell can be changed into a twin of itself."""
    cell = seal(key, place(), "x")
    text = to_text(cell)
    assert text.startswith("sp1.")
    assert from_text(text) == cell
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".index(text[-2])
    twin = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[last ^ 1]
    twins = [
        text[:-2] + twin + text[-1],
        text.rstrip("="),
        text + "=",
        text + "\n",
        text[:10] + "\n" + text[10:],
        text.replace("sp1.", "sp1. "),
        "sp1." + base64.urlsafe_b64encode(b"\xf9\x01" + b"\xff" * 60).decode(),
        "sp1.",
        "sp1." + base64.b64encode(b"\xf8" + cell[1:]).decode(),
        "sp1.\u00e6",
    ]
    for each in twins:
        with pytest.raises(DecryptionError) as refused:
            from_text(each)
        assert type(refused.value) is DecryptionError
    for each in ("", "sp1", "SP1." + text[4:], " " + text):
        with pytest.raises(NotSealed):
            from_text(each)


def test_a_row_is_sealed_as_its_values_would_be(key: SubjectKey, place: At) -> None:
    """The fast path for a row changes nothing but the time it takes."""
    places = [place(field="name"), place(Codec.INT, field="pin")]
    cells = seal_row(key, places, ["Kari", 4711])
    assert [unseal(key, each, cell) for each, cell in zip(places, cells, strict=True)] == ["Kari", 4711]
    assert cells[0][18:30] != cells[1][18:30]


def test_a_batch_is_sealed_as_its_values_would_be(key: SubjectKey, place: At) -> None:
    """The fast path for many records changes nothing but the time it takes, and uses no nonce twice."""
    records = [each for each in RECORDS if each is not None]
    cells = seal_many(key, place(), records, [str(number) for number in range(len(records))])
    for number, (record, cell) in enumerate(zip(records, cells, strict=True)):
        assert unseal(key, place(record=record), cell) == str(number)
    assert len({cell[18:30] for cell in cells}) == len(cells)
    assert list(unseal_many(key, place(), records, cells)) == [str(number) for number in range(len(records))]


def test_a_batch_answers_for_each_cell(key: SubjectKey, place: At) -> None:
    """One damaged cell does not hide the others, and each has its own answer."""
    records = [RecordKey.of(number) for number in range(5)]
    cells = seal_many(key, place(), records, list("abcde"))
    cells[1] = cells[2]
    cells[3] = b"plain text"
    cells[4] = padded_cell(key, place(record=records[4]), b"e\x80")
    found = list(unseal_many(key, place(), records, cells))
    assert (found[0], found[2], found[4]) == ("a", "c", "e")
    assert type(found[1]) is DecryptionError
    assert type(found[3]) is NotSealed


def test_a_batch_with_a_value_that_cannot_be_sealed_seals_nothing(key: SubjectKey, place: At) -> None:
    """The refusal names field and codec, and nothing of the value."""
    with pytest.raises(ValueNotSealable) as refused:
        seal_many(key, place(Codec.INT), [RecordKey.of(1), RecordKey.of(2)], [1, "0101 12345"])
    assert "12345" not in str(refused.value)


@pytest.mark.parametrize("name", ["tenant", "model", "field"])
@pytest.mark.parametrize("value", ["", "Upper", "a b", "\u00e6", "a" * 101, "a\n"])
def test_ids_are_stable_ids(place: At, name: str, value: str) -> None:
    """What is pinned in the data map cannot be confused by case, space or normalisation."""
    with pytest.raises(InvalidDeclaration):
        place(**{name: value})


@pytest.mark.parametrize("record", [RecordKey.of("\ud800"), RecordKey.of(10**1000), RecordKey.of("a" * 70_000, 1)])
def test_a_record_key_without_a_form_in_bytes_is_refused(place: At, record: RecordKey) -> None:
    """A key that cannot be bound is refused before anything is sealed under it."""
    with pytest.raises(ValueNotSealable):
        place(record=record)


def test_a_forked_process_draws_other_nonces(key: SubjectKey, place: At) -> None:
    """Randomness is drawn inside the call: a copy of the process never repeats a nonce under the same key."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, seal(key, place(), "x")[18:30])
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 12) != seal(key, place(), "x")[18:30]
    os.close(reader)
    os.close(writer)


def test_the_associated_data_is_the_one_of_the_specification(place: At) -> None:
    """The bytes another implementation must build, spelled out."""
    bound = place(version=12).associated_data(0x81)
    assert bound == (
        b"\xf9\x81\x05\x00\x0csector-alarm\x00\x0ccrm.customer\x00\x0bnational_id\x00\x10"
        + bytes(range(16))
        + b"\x00\x0212"
        + b"i7"
    )
    assert place(record=RecordKey.of("a", -1)).associated_data(1).endswith(b"t\x02\x00\x02sa\x00\x03i-1")


def test_a_key_shows_no_secret(key: SubjectKey) -> None:
    """A key in a log, a traceback or a pickle gives nothing away."""
    assert key.stream_key.hex() not in repr(key)
    assert repr(key.stream_key) not in repr(key)
    assert isinstance(key.cell_cipher, AESGCM)
