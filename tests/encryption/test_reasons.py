"""What a refusal says: the field, the reason and what to do, in words that hold no value."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from sectorprivacy.encryption import (
    BlindIndex,
    Codec,
    Custody,
    FileShreddings,
    Keys,
    LocalKeyring,
    Place,
    Sealed,
    SubjectKey,
    TenantIndexKey,
    TenantKey,
    codec_of,
    environment_key,
    leakage_table,
    seal,
    seal_many,
    seal_row,
    seal_stream,
)
from sectorprivacy.encryption._shreddings import Checkpoint
from sectorprivacy.errors import InvalidDeclaration, KeyringError, LeakageRefused, ShreddingsInvalid, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey, SubjectRef
from tests.encryption.test_attacks import Switched

At = Callable[..., Place]
OLA = SubjectRef(bytes(16))
LONG = "9" * 1001

REASONS: list[tuple[Codec, Any, str]] = [
    (Codec.BYTES, "x", "not a bytes"),
    (Codec.STR, b"x", "not a str"),
    (Codec.STR, "\ud800", "it has an unpaired surrogate"),
    (Codec.INT, "7", "not a int"),
    (Codec.INT, True, "not a int"),
    (Codec.INT, int(LONG), "more than 1,000 digits"),
    (Codec.INT, -int(LONG), "more than 1,000 digits"),
    (Codec.INT, 1 << 20_000, "more than 1,000 digits"),
    (Codec.DECIMAL, 7, "not a Decimal"),
    (Codec.DECIMAL, Decimal("NaN"), "not finite"),
    (Codec.DECIMAL, Decimal("-Infinity"), "not finite"),
    (Codec.DECIMAL, Decimal(LONG), "more than 1,000 digits, or an exponent beyond 1,000"),
    (Codec.DECIMAL, Decimal("1E+1001"), "more than 1,000 digits, or an exponent beyond 1,000"),
    (Codec.DECIMAL, Decimal("1E-1001"), "more than 1,000 digits, or an exponent beyond 1,000"),
    (Codec.DATE, "2026-01-01", "not a date"),
    (Codec.DATETIME, date(2026, 1, 1), "not a datetime"),
    (Codec.BOOL, 1, "not a bool"),
    (Codec.JSON, {"a": "\ud800"}, "it has an unpaired surrogate"),
    (Codec.JSON, {"\ud800": 1}, "it has an unpaired surrogate"),
    (Codec.JSON, {1: 1}, "a member name that is not text"),
    (Codec.JSON, (1,), "a type that JSON does not have"),
    (Codec.JSON, [float("inf")], "a number that is not finite"),
    (Codec.JSON, 2**53, "an integer beyond 2^53 - 1"),
]


@pytest.mark.parametrize(
    ("codec", "value", "reason"), REASONS, ids=lambda each: each.name if isinstance(each, Codec) else ""
)
def test_a_value_that_cannot_be_sealed_is_refused_with_its_reason(
    key: SubjectKey, place: At, codec: Codec, value: Any, reason: str
) -> None:
    """Alone, in a row and in a batch: the path of the field, its codec and why, and the same in each."""
    here = place(codec)
    for sealing in (
        lambda: seal(key, here, value),
        lambda: seal_row(key, [here], [value]),
        lambda: seal_many(key, here, [RecordKey.of(1)], [value]),
    ):
        with pytest.raises(ValueNotSealable) as refused:
            sealing()
        found = refused.value
        assert (found.path, found.codec, found.reason) == ("crm.customer.national_id", codec.name.lower(), reason)


def test_depth_is_refused_with_its_reason(key: SubjectKey, place: At) -> None:
    """64 open brackets are sealed and 65 are not, whether of arrays or objects."""
    nested: Any = 1
    for _ in range(64):
        nested = [nested]
    seal(key, place(Codec.JSON), nested)
    for deeper in ([nested], {"a": nested}):
        with pytest.raises(ValueNotSealable) as refused:
            seal(key, place(Codec.JSON), deeper)
        assert refused.value.reason == "more than 64 open brackets"


def test_a_key_of_somebody_else_is_refused_with_its_reason(keys: Keys, place: At) -> None:
    """The field is named, not the person whose key it was."""
    wrong = keys.for_sealing(OLA, "contract")
    here = place()
    for sealing in (
        lambda: seal(wrong, here, "x"),
        lambda: seal_row(wrong, [here], ["x"]),
        lambda: seal_many(wrong, here, [RecordKey.of(1)], ["x"]),
    ):
        with pytest.raises(ValueNotSealable) as refused:
            sealing()
        assert (refused.value.path, refused.value.codec, refused.value.reason) == (
            "crm.customer.national_id",
            "str",
            "the key is not of this person and class",
        )


def test_a_stream_in_the_wrong_place_is_refused_with_its_reason(keys: Keys, key: SubjectKey, place: At) -> None:
    """Neither another person's key nor a field of another type seals a file, and nothing is written."""
    for sealer, at in ((keys.for_sealing(OLA, "contract"), place(Codec.BYTES)), (key, place(Codec.STR))):
        target = io.BytesIO()
        with pytest.raises(ValueNotSealable) as refused:
            seal_stream(sealer, at, io.BytesIO(b"x"), target)
        assert (refused.value.path, refused.value.codec, refused.value.reason) == (
            "crm.customer.national_id",
            "stream",
            "the key or the codec is not of this place",
        )
        assert target.getvalue() == b""


def test_a_type_that_no_codec_writes_is_refused_when_it_is_declared() -> None:
    """The declaration is named, and what to declare instead."""
    for hint, name in ((complex, "complex"), (int | str, "int | str"), (tuple[int], "tuple")):
        with pytest.raises(InvalidDeclaration) as refused:
            codec_of(hint)
        assert refused.value.where == f"Sealed[{name}]"
        assert refused.value.problem == "no codec writes values of this type"
        assert refused.value.instead == "Seal bytes, str, int, Decimal, date, datetime, bool, or a dict or list of JSON"


def test_a_model_refuses_a_value_of_another_type_with_the_field() -> None:
    """A pydantic model names the field and the codec, and not what it was given."""

    class Customer(BaseModel):
        born: Sealed[date]

    with pytest.raises(ValueNotSealable) as refused:
        Customer.model_validate({"born": "01019012345x"})
    assert (refused.value.path, refused.value.codec, refused.value.reason) == (
        "born",
        "date",
        "it is not of the declared type",
    )


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda keys, key: key, "a SubjectKey is never pickled or copied: it holds a secret"),
        (lambda keys, key: TenantKey("a", 1, bytes(32)), "a TenantKey is never pickled or copied: it holds a secret"),
        (
            lambda keys, key: TenantIndexKey(1, bytes(32)),
            "a TenantIndexKey is never pickled or copied: it holds a secret",
        ),
        (lambda keys, key: keys, "Keys are never pickled or copied: they hold secrets"),
        (lambda keys, key: keys.tenant_keys, "TenantKeys are never pickled or copied: they hold secrets"),
        (lambda keys, key: keys.provider, "a LocalKeyring is never pickled or copied: it holds keys"),
        (lambda keys, key: Sealed.of("x"), "a Sealed value is never pickled"),
    ],
    ids=["SubjectKey", "TenantKey", "TenantIndexKey", "Keys", "TenantKeys", "LocalKeyring", "Sealed"],
)
def test_pickling_is_refused_with_its_reason(
    keys: Keys, key: SubjectKey, make: Callable[[Keys, SubjectKey], object], text: str
) -> None:
    """Whoever hands a key to another process by mistake reads what to look for."""
    with pytest.raises(TypeError) as refused:
        pickle.dumps(make(keys, key))
    assert str(refused.value) == text


def test_how_holders_of_secrets_are_shown(keys: Keys, key: SubjectKey) -> None:
    """What is shown is enough to tell them apart, and no more."""
    assert repr(TenantKey("acme", 3, bytes(32))) == "TenantKey('acme', epoch=3)"
    assert repr(TenantIndexKey(3, bytes(32))) == "TenantIndexKey(epoch=3)"
    assert repr(keys) == "Keys('sector-alarm')"
    assert repr(keys.tenant_keys) == "TenantKeys('sector-alarm')"
    assert repr(LocalKeyring.in_memory()) == "LocalKeyring(0 keys)"
    assert repr(keys.provider) == "LocalKeyring(1 keys)"
    assert (repr(Sealed.of("x")), f"{Sealed.of('x'):>20}") == ("<sealed>", "<sealed>")
    with pytest.raises(TypeError) as refused:
        Sealed()
    assert str(refused.value) == "use Sealed.of(value) or Sealed.stored(place, cell)"


def keyring_error(opening: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(KeyringError) as refused:
        opening()
    return refused.value.problem, refused.value.instead


def test_a_keyring_says_why_it_does_not_open(tmp_path: Path) -> None:
    """An administrator at three in the morning reads what is the matter, and what to do."""
    path, key = tmp_path / "keyring", bytes(range(32))
    assert keyring_error(lambda: LocalKeyring.open(path, key)) == (
        "there is no file of that name",
        "Create the keyring first",
    )
    for short in ("elevenchars", bytes(11)):
        assert keyring_error(lambda short=short: LocalKeyring.create(path, short)) == (
            "its passphrase is too short",
            "Choose one of 12 characters or more",
        )
    a_key = "a key of 32 bytes"
    for size in (12, 31, 33):
        assert keyring_error(lambda size=size: LocalKeyring.create(path, bytes(size))) == (
            f"it is locked by {a_key}, which was not given",
            f"Give {a_key}",
        )
    assert not path.exists()
    LocalKeyring.create(path, key)
    assert keyring_error(lambda: LocalKeyring.create(path, key)) == (
        "its file exists",
        "Open it, or name another file",
    )
    assert keyring_error(lambda: LocalKeyring.open(path, "a passphrase")) == (
        f"it is locked by {a_key}, which was not given",
        f"Give {a_key}",
    )
    assert keyring_error(lambda: LocalKeyring.open(path, bytes(32))) == (
        "the passphrase or key does not open it",
        "Give the one it was created with",
    )
    for mode in (0o640, 0o604, 0o610, 0o601):
        path.chmod(mode)
        assert keyring_error(lambda: LocalKeyring.open(path, key)) == (
            "others can read its file",
            "Set the file's mode to 0600",
        )
    path.chmod(0o600)
    for content in (b"", b"{}", b"{", b" " * (1024 * 1024 + 1)):
        path.write_bytes(content)
        assert keyring_error(lambda: LocalKeyring.open(path, key)) == (
            "its file is not of the format sectorprivacy-keyring/1",
            "Restore the file from its backup",
        )


def test_a_keyring_locked_by_a_passphrase_asks_for_text(tmp_path: Path) -> None:
    """Twelve characters are enough, and a key in the place of the passphrase is told so."""
    path = tmp_path / "keyring"
    LocalKeyring.create(path, "twelve chars")
    assert keyring_error(lambda: LocalKeyring.open(path, bytes(32))) == (
        "it is locked by a passphrase (text), which was not given",
        "Give a passphrase (text)",
    )
    LocalKeyring.open(path, "twelve chars")


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    """1 MiB is allowed, one octet more is not."""
    path, key = tmp_path / "keyring", bytes(range(32))
    LocalKeyring.create(path, key)
    content = path.read_bytes()
    path.write_bytes(content + b" " * (1024 * 1024 - len(content)))
    LocalKeyring.open(path, key)
    path.write_bytes(content + b" " * (1024 * 1024 - len(content) + 1))
    with pytest.raises(KeyringError):
        LocalKeyring.open(path, key)


@pytest.mark.parametrize("content", [None, "", "AAAA", "A" * 43, "A" * 42 + "=", "A" * 43 + "=\n", "=" * 44])
def test_a_key_of_the_environment_is_32_bytes_or_refused(monkeypatch: pytest.MonkeyPatch, content: str | None) -> None:
    """The variable is named, and what should stand in it; what stands there is not."""
    monkeypatch.delenv("KEYRING_KEY", raising=False)
    if content is not None:
        monkeypatch.setenv("KEYRING_KEY", content)
    assert keyring_error(lambda: environment_key("KEYRING_KEY")) == (
        "the environment variable KEYRING_KEY holds no key",
        "Set it to 32 random bytes in base64",
    )
    monkeypatch.setenv("KEYRING_KEY", "A" * 43 + "=")
    assert environment_key("KEYRING_KEY") == bytes(32)


def test_an_index_says_why_it_is_refused() -> None:
    """The declaration is quoted, with what is wrong and what to do."""
    for distinct, accepted, problem, instead in (
        (0, None, "distinct is below 1", "Say how many distinct values the field will have"),
        (5_000, " ", "the reason in accepted is empty", "Say why the index is kept all the same"),
    ):
        with pytest.raises(InvalidDeclaration) as refused:
            BlindIndex("email-1", distinct=distinct, accepted=accepted)
        assert refused.value.where == f"BlindIndex('email-1', distinct={distinct})"
        assert (refused.value.problem, refused.value.instead) == (problem, instead)
    with pytest.raises(LeakageRefused) as leaks:
        BlindIndex("digits-1", distinct=999)
    assert leaks.value.where == "BlindIndex('digits-1', distinct=999)"
    assert leaks.value.why == "999 distinct values are told apart by frequency"


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "1",
        "1:",
        ":" + "0" * 64,
        "-1:" + "0" * 64,
        "01:" + "0" * 64,
        "1:" + "0" * 62,
        "1:" + "A" * 64,
        "x:y",
        "1:" + "0" * 66,
    ],
)
def test_a_checkpoint_is_read_in_its_one_spelling(text: str) -> None:
    """What an administrator pastes may have white space around it; anything else is refused."""
    with pytest.raises(ShreddingsInvalid) as refused:
        Checkpoint.read(text)
    assert refused.value.problem == "the checkpoint is not of the form SIZE:HASH"
    right = f"12:{'0a' * 32}"
    assert str(Checkpoint.read(f" {right}\n")) == right
    assert Checkpoint.read("0:" + "0" * 64) == Checkpoint(0, bytes(32))


def shreddings_problem(reading: Callable[[], object]) -> str:
    with pytest.raises(ShreddingsInvalid) as refused:
        reading()
    return refused.value.problem


def test_a_list_of_shreddings_says_where_it_is_broken(tmp_path: Path) -> None:
    """The line is named; what stands on it is not."""
    path, now = tmp_path / "shreddings", datetime(2026, 1, 2, tzinfo=UTC)
    noted = FileShreddings.create(path)
    noted.note("sector-alarm", [bytes([number]) * 16 for number in range(3)], at=now)
    lines = path.read_bytes().splitlines(keepends=True)
    assert shreddings_problem(lambda: noted.since(Checkpoint(3, bytes(32)))) == "it does not contain the checkpoint"
    for kept, number in (([0, 2], 2), ([1, 2], 1), ([0, 1, 1], 3)):
        path.write_bytes(b"".join(lines[each] for each in kept))
        assert shreddings_problem(noted.checkpoint) == f"line {number} does not follow the one before"
    path.write_bytes(lines[0] + b"{}\n")
    assert shreddings_problem(noted.checkpoint) == "a line of it is not of the format"
    path.write_bytes(lines[0] + b"x" * 100_000)
    assert shreddings_problem(noted.checkpoint) == "line 2 is too long"
    path.write_bytes(b"x" * 100_000)
    assert shreddings_problem(noted.checkpoint) == "line 1 is too long"
    assert shreddings_problem(lambda: noted.note("sector-alarm", [bytes(16)], at=now)) == "its last line is too long"


def test_the_table_of_leakage_has_its_heading() -> None:
    """An administrator reads what each number is."""
    assert leakage_table({}) == (
        ("field", "rows", "tokens", "above 1 %", "most frequent", "recovered at most", "by sample"),
    )


def test_a_custody_says_what_it_lacks(keys: Keys) -> None:
    """A rotation that cannot see every sealed value is refused before it begins; so is a root that lies elsewhere."""
    keys.for_sealing(OLA, "contract")
    with pytest.raises(InvalidDeclaration) as refused:
        Custody(keys, sealed_models=["crm.customer", "crm.contact"]).rotate_subject_keys()
    assert refused.value.where == "crm.contact, crm.customer"
    assert refused.value.problem == "nothing was named that holds its sealed values"
    assert refused.value.instead == "Name it: privacy.custody(cells=[SqlCells(sessions, models), ...])"
    elsewhere = Keys("sector-alarm", store=keys.store, provider=Switched())
    assert keyring_error(lambda: Custody(elsewhere).relock("a passphrase")) == (
        "the root key lies in a key service",
        "Rotate it there, with the means of the service",
    )
