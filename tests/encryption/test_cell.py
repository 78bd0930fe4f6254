"""The cell: it opens in its place, whole and unchanged, or not at all."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sectorprivacy.encryption import (
    TEXT_HEAD,
    Codec,
    Keys,
    Place,
    RowForm,
    RowPlace,
    SubjectKey,
    from_text,
    head_of,
    kid_of,
    seal,
    seal_many,
    seal_row,
    to_text,
    unseal,
    unseal_many,
    unseal_row,
)
from sectorprivacy.encryption._cell import open_bytes
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


def test_every_flipped_bit_is_refused_in_rows_and_batches(key: SubjectKey, place: At) -> None:
    """The fast paths look at every bit that the slow one looks at; the cell beside the changed one still opens."""
    row, records = [place(field="name"), place(field="pin")], [RecordKey.of(1), RecordKey.of(2)]
    in_row, in_batch = seal_row(key, row, ["a", "b"]), seal_many(key, place(), records, ["a", "b"])
    for bit in range(len(in_row[0]) * 8):
        for cells, opened in (
            (in_row, partial(unseal_row, key, row)),
            (in_batch, partial(unseal_many, key, place(), records)),
        ):
            changed = bytearray(cells[0])
            changed[bit // 8] ^= 1 << bit % 8
            found = list(opened([bytes(changed), cells[1]]))
            assert isinstance(found[0], DecryptionError)
            assert found[1] == "b"


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


@pytest.mark.parametrize("version", [True, 1.0, "1", 10**1000])
def test_a_row_version_is_an_integer(place: At, version: Any) -> None:
    """Any other version would be bound as text that another implementation does not write."""
    with pytest.raises(ValueNotSealable):
        place(version=version)


def test_every_refusal_has_one_public_text(keys: Keys, key: SubjectKey, place: At) -> None:
    """Whoever may try cells learns nothing from the difference between wrong key, wrong place and wrong bytes."""
    cell = seal(key, place(), "0101")
    refused: set[str] = set()
    for attempt in (
        partial(unseal, key, place(), cell[:-1] + bytes((cell[-1] ^ 1,))),
        partial(unseal, key, place(field="telephone"), cell),
        partial(unseal, key, place(Codec.INT), cell),
        partial(unseal, keys.for_sealing(OLA, "contract"), place(subject=OLA), cell),
        partial(unseal, key, place(), cell[:20]),
        partial(unseal, key, place(), cell_with(key, place(), 0x40, b"x")),
        partial(unseal, key, place(), cell_with(key, place(), 0, b"\xff")),
        partial(unseal, key, place(), padded_cell(key, place(), b"x")),
        partial(from_text, to_text(cell) + "="),
    ):
        with pytest.raises(DecryptionError) as error:
            attempt()
        assert type(error.value) is DecryptionError
        assert error.value.__suppress_context__ or error.value.__context__ is None
        refused.add(str(error.value))
    assert len(refused) == 1


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


@pytest.mark.parametrize(
    ("value", "size"), [("", 8), ("1234567", 8), ("12345678", 16), ("x" * 15, 16), ("x" * 31, 32), ("\u00e6" * 4, 16)]
)
def test_a_value_is_padded_to_the_smallest_bucket_that_holds_it(
    key: SubjectKey, place: At, value: str, size: int
) -> None:
    """Where lengths would tell something, a cell tells the bucket alone; the byte 0x80 needs its place too."""
    here = place(buckets=(8, 16, 32))
    cell = seal(key, here, value)
    data = value.encode()
    assert cell[:2] == b"\xf9\x81"
    assert key.cell_cipher.decrypt(cell[18:30], cell[30:], here.associated_data(0x81)) == data + b"\x80" + bytes(
        size - len(data) - 1
    )
    assert unseal(key, here, cell) == value
    assert unseal(key, place(buckets=(64,)), cell) == value
    assert unseal(key, place(), cell) == value


@pytest.mark.parametrize("codec", list(Codec), ids=lambda codec: codec.name)
def test_padding_goes_with_every_codec(key: SubjectKey, place: At, codec: Codec) -> None:
    """What ends in the bytes of padding itself comes back whole."""
    value = {
        Codec.BYTES: b"\x80\x00\x80\x00",
        Codec.STR: "a\x00",
        Codec.INT: -10,
        Codec.DECIMAL: Decimal("1.00"),
        Codec.DATE: date(2026, 1, 1),
        Codec.DATETIME: datetime(2026, 1, 1, tzinfo=UTC),
        Codec.BOOL: False,
        Codec.JSON: [0],
    }[codec]
    assert unseal(key, place(codec, buckets=(64,)), seal(key, place(codec, buckets=(64,)), value)) == value


def test_what_no_bucket_holds_is_refused(key: SubjectKey, place: At) -> None:
    """A value longer than the largest bucket would tell its length: it is not written, in whatever way."""
    here, value = place(buckets=(8, 16)), "x" * 16
    for sealing in (
        partial(seal, key, here, value),
        partial(seal_row, key, [here], [value]),
        partial(seal_many, key, here, [RecordKey.of(1)], [value]),
    ):
        with pytest.raises(ValueNotSealable) as refused:
            sealing()
        assert refused.value.reason == "longer than the largest bucket"


def test_the_bit_of_padding_is_authenticated(key: SubjectKey, place: At) -> None:
    """A padded cell cannot be passed off as an unpadded one, whose value would end in padding."""
    here = place(Codec.BYTES, buckets=(16,))
    cell = seal(key, here, b"x")
    for each in (here, place(Codec.BYTES)):
        with pytest.raises(DecryptionError):
            unseal(key, each, b"\xf9\x00" + cell[2:])


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
    """The fast path for a row changes nothing but the time it takes, and uses no nonce twice."""
    places = [place(field="name"), place(Codec.INT, field="pin"), place(field="note", buckets=(32,))]
    values = ["Kari", 4711, "at home"]
    for row in (places, RowPlace.of(places), RowForm(places).at(place().subject, place().record)):
        cells = seal_row(key, row, values)
        assert [unseal(key, each, cell) for each, cell in zip(places, cells, strict=True)] == values
        assert len({cell[18:30] for cell in cells}) == len(cells)
        assert unseal_row(key, row, cells) == values
        assert unseal_row(key, row, [seal(key, *each) for each in zip(places, values, strict=True)]) == values


@pytest.mark.parametrize("record", RECORDS, ids=repr)
@pytest.mark.parametrize("version", [None, 0, 12, -1])
def test_the_form_of_a_row_binds_as_its_places_do(
    key: SubjectKey, place: At, record: RecordKey | None, version: int | None
) -> None:
    """Whatever record comes next, a row is bound to it byte for byte as single values are."""
    places = [place(field=field, record=record, version=version) for field in ("name", "pin")]
    form = RowForm([place(field=field, subject=OLA) for field in ("name", "pin")])
    row = form.at(place().subject, record, version=version)
    assert [each[1] for each in row.prepared] == [each.associated_data(Codec.STR) for each in places]
    cells = seal_row(key, places, ["Kari", "4711"])
    assert unseal_row(key, row, cells) == ["Kari", "4711"]


def test_a_row_answers_for_each_cell(key: SubjectKey, place: At) -> None:
    """One damaged cell does not hide the others, and cells of an older declaration open."""
    fields = ("name", "pin", "note", "city")
    places = [place(field=field) for field in fields]
    row = RowForm(places).at(place().subject, place().record)
    cells = seal_row(key, row, ["a", "b", "c", "d"])
    cells[0], cells[1] = cells[1], b"plain text"
    cells[2] = padded_cell(key, places[2], b"c\x80")
    found = unseal_row(key, row, cells)
    assert (type(found[0]), type(found[1]), found[2:]) == (DecryptionError, NotSealed, ["c", "d"])
    assert found[0].args == found[1].args == ()


@pytest.mark.parametrize(
    "elsewhere", [{"subject": OLA}, {"record": RecordKey.of(8)}, {"record": None}, {"version": 1}], ids="+".join
)
def test_a_row_opens_in_its_own_place_only(key: SubjectKey, place: At, elsewhere: dict[str, Any]) -> None:
    """A row moved to another person, record or version gives nothing, value by value."""
    form, here = (
        RowForm([place(field="name"), place(field="pin")]),
        {"subject": place().subject, "record": place().record},
    )
    cells = seal_row(key, form.at(**here), ["a", "b"])
    found = unseal_row(key, form.at(**{**here, **elsewhere}), cells)
    assert [type(each) for each in found] == [DecryptionError, DecryptionError]


def test_a_row_under_the_key_of_another_class_gives_nothing(keys: Keys, place: At) -> None:
    """The class is not in the associated data: it is the key that must be of the declared one."""
    marketing = keys.for_sealing(place().subject, "marketing")
    cells = seal_row(marketing, [place(retention_class="marketing")], ["a"])
    (found,) = unseal_row(marketing, [place()], cells)
    assert type(found) is DecryptionError


def test_a_row_is_of_one_record_and_one_class_of_keys(key: SubjectKey, place: At) -> None:
    """What one key cannot seal together is refused before anything is."""
    for other in ({"retention_class": "marketing"}, {"tenant": "sector"}, {"subject": OLA}, {"record": None}):
        with pytest.raises(InvalidDeclaration):
            RowPlace.of([place(), place(**other)])
    for other in ({"retention_class": "marketing"}, {"tenant": "sector"}, {"model": "crm.contact"}):
        with pytest.raises(InvalidDeclaration):
            RowForm([place(), place(**other)])
    for make in (RowPlace.of, RowForm):
        with pytest.raises(InvalidDeclaration):
            make([])
    form = RowForm([place()])
    for record, version in ((RecordKey.of("\ud800"), None), (RecordKey.of(1), True), (RecordKey.of(1), 10**1000)):
        with pytest.raises(ValueNotSealable):
            form.at(OLA, record, version=version)


def test_what_is_longer_than_a_cell_can_hold_is_refused(key: SubjectKey, place: At) -> None:
    """AES-GCM of the library takes less than 2 GiB at once: larger content is a stream, and the refusal is typed."""
    here, value = place(Codec.BYTES), bytes(2**31 + 30)
    for sealing in (
        partial(seal, key, here, value),
        partial(seal_row, key, [here], [value]),
        partial(seal_many, key, here, [RecordKey.of(1)], [value]),
    ):
        with pytest.raises(ValueNotSealable) as refused:
            sealing()
        assert refused.value.path == "crm.customer.national_id"
    with pytest.raises(DecryptionError):
        open_bytes(key.cell_cipher, memoryview(value), b"")  # type: ignore[arg-type]  # a view copies nothing


def test_as_many_values_as_places(key: SubjectKey, place: At) -> None:
    """A value without a place, or a place without a value, is a mistake of the caller and never goes unnoticed."""
    here, records = place(), [RecordKey.of(1), RecordKey.of(2)]
    cell = seal(key, here, "x")
    for wrong in (
        partial(seal_row, key, [here, here], ["x"]),
        partial(unseal_row, key, [here, here], [cell]),
        partial(seal_many, key, here, records, ["x"]),
        lambda: list(unseal_many(key, here, records, [cell])),
    ):
        with pytest.raises(ValueError, match="one"):
            wrong()


def test_a_row_with_a_value_that_cannot_be_sealed_seals_nothing(key: SubjectKey, place: At) -> None:
    """The refusal names the field that refused, and nothing of the value."""
    row = [place(field="name"), place(Codec.INT, field="pin"), place(field="note")]
    with pytest.raises(ValueNotSealable) as refused:
        seal_row(key, row, ["Kari", "0101 12345", "x"])
    assert refused.value.path == "crm.customer.pin"
    assert "12345" not in str(refused.value)


def test_a_batch_is_sealed_as_its_values_would_be(key: SubjectKey, place: At) -> None:
    """The fast path for many records changes nothing but the time it takes, and uses no nonce twice."""
    records = [each for each in RECORDS if each is not None]
    cells = seal_many(key, place(), records, [str(number) for number in range(len(records))])
    for number, (record, cell) in enumerate(zip(records, cells, strict=True)):
        assert unseal(key, place(record=record), cell) == str(number)
    assert len({cell[18:30] for cell in cells}) == len(cells)
    assert list(unseal_many(key, place(), records, cells)) == [str(number) for number in range(len(records))]


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 2500])
def test_a_batch_of_any_size_keeps_its_order(key: SubjectKey, place: At, size: int) -> None:
    """A batch is worked through in parts; nothing is lost or exchanged where they meet."""
    records = [RecordKey.of(number) for number in range(size)]
    cells = seal_many(key, place(), records, [str(number) for number in range(size)])
    assert list(unseal_many(key, place(), records, cells)) == [str(number) for number in range(size)]
    assert len({cell[18:30] for cell in cells}) == size
    if size:
        assert unseal(key, place(record=records[-1]), cells[-1]) == str(size - 1)
        cells[-1] = cells[0] if size > 1 else b"\xf9"
        assert type(list(unseal_many(key, place(), records, cells))[-1]) is DecryptionError


@pytest.mark.parametrize("codec", [Codec.STR, Codec.INT, Codec.BYTES])
def test_a_batch_is_padded_as_its_values_would_be(key: SubjectKey, place: At, codec: Codec) -> None:
    """Buckets hide lengths in batches too, and cells from before the field had any still open."""
    values = {Codec.STR: ["a", "bcd"], Codec.INT: [1, 234], Codec.BYTES: [b"a", b"\x80\x00"]}[codec]
    records, here = [RecordKey.of(1), RecordKey.of(2)], place(codec, buckets=(16, 32))
    cells = seal_many(key, here, records, values)
    assert [len(cell) for cell in cells] == [46 + 16] * 2
    assert list(unseal_many(key, here, records, cells)) == values
    older = seal_many(key, place(codec), records, values)
    assert list(unseal_many(key, here, records, older)) == values
    assert list(unseal_many(key, place(codec), records, cells)) == values


def test_a_batch_of_a_moved_person_gives_nothing(keys: Keys, key: SubjectKey, place: At) -> None:
    """A batch whose key is not the place's is refused as a whole; nothing of it is opened."""
    cells = seal_many(key, place(), [RecordKey.of(1)], ["x"])
    for wrong in (place(subject=OLA), place(retention_class="marketing"), place(tenant="sector")):
        with pytest.raises(DecryptionError):
            list(unseal_many(key, wrong, [RecordKey.of(1)], cells))


@pytest.mark.parametrize("subject", [b"%d%s%%d%(x)s....", b"%" * 16])
@pytest.mark.parametrize("number", [0, -1, 2**63, 2**64, -(10**999), 10**1000 - 1])
def test_a_batch_binds_any_number_under_any_person(keys: Keys, place: At, subject: bytes, number: int) -> None:
    """No byte of a person's reference and no size of a key changes how a record is bound."""
    here = place(subject=SubjectRef(subject), record=RecordKey.of(number))
    key = keys.for_sealing(here.subject, "contract")
    (cell,) = seal_many(key, here, [RecordKey.of(number)], ["x"])
    assert unseal(key, here, cell) == "x"


def test_a_batch_refuses_a_key_of_more_than_1000_digits(key: SubjectKey, place: At) -> None:
    """Another implementation could not bind it."""
    for number in (10**1000, -(10**1000), 10**4000):
        with pytest.raises(ValueNotSealable):
            seal_many(key, place(), [RecordKey.of(number)], ["x"])


def test_a_record_that_cannot_be_bound_opens_nothing(key: SubjectKey, place: At) -> None:
    """It is the answer of that cell alone: no cell was ever sealed for such a record."""
    records = [RecordKey.of(1), RecordKey.of("\ud800")]
    cell = seal(key, place(record=records[0]), "x")
    found = list(unseal_many(key, place(), records, [cell, cell]))
    assert found[0] == "x"
    assert type(found[1]) is DecryptionError
    with pytest.raises(ValueNotSealable):
        seal_many(key, place(), records, ["x", "x"])


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


def test_a_cell_names_its_key_in_both_forms(key: SubjectKey, place: At) -> None:
    """Whoever finds, counts or seals anew by key id reads one head, and decodes nothing behind it."""
    cell = seal(key, place(), "x")
    assert kid_of(cell) == kid_of(cell[:18]) == key.kid
    assert head_of(cell) == head_of(to_text(cell)) == cell[:18]
    assert head_of(to_text(cell)[:TEXT_HEAD]) == head_of(to_text(cell) + "=damaged") == cell[:18]


@pytest.mark.parametrize(
    "stored", [b"", b"Kari", "", "Kari", "sp1.", "sp1.A", "sp1.AAAA", "sp1.\u00e6\u00f8\u00e5\u00e6"]
)
def test_what_is_no_cell_names_no_key(stored: bytes | str) -> None:
    """Text in the clear must not be sent to a key store as if it were a key id."""
    assert head_of(stored) == b""
