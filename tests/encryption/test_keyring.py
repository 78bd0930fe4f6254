"""The local keyring: a file for its owner alone, that opens with its own secret or not at all."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sectorprivacy.encryption import KeyName, Keys, KeyUse, LocalKeyring, MemoryKeyStore, environment_key
from sectorprivacy.encryption import _keyring as keyring_module
from sectorprivacy.errors import DecryptionError, KeyringError, KeyUnavailable

KEY = bytes(range(32))
SECRET = bytes(range(100, 132))
NAME = KeyName("sector-alarm", KeyUse.WRAP, 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyring.json"


def test_key_objects_outlive_the_process(path: Path) -> None:
    """An object is in the file before anything is wrapped under it."""
    wrapped = LocalKeyring.create(path, KEY).wrap(NAME, SECRET)
    assert LocalKeyring.open(path, KEY).unwrap(NAME, wrapped) == SECRET
    assert SECRET not in wrapped


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    """Mode 0600, also after it was written anew, and refused when others can read it."""
    LocalKeyring.create(path, KEY).wrap(NAME, SECRET)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(KeyringError):
        LocalKeyring.open(path, KEY)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_passphrase_locks_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passphrase opens it, another does not, and neither does a key."""
    monkeypatch.setattr(keyring_module, "SCRYPT_LOG2_N", 14)
    wrapped = LocalKeyring.create(path, "correct horse battery").wrap(NAME, SECRET)
    assert "horse" not in path.read_text()
    assert LocalKeyring.open(path, "correct horse battery").unwrap(NAME, wrapped) == SECRET
    for wrong in ("correct horse batterx", KEY):
        with pytest.raises(KeyringError):
            LocalKeyring.open(path, wrong)


@pytest.mark.parametrize("secret", [b"", b"short", b"x" * 31, b"x" * 33, "", "short"])
def test_weak_secrets_are_refused(path: Path, secret: str | bytes) -> None:
    """A key has 32 bytes, a passphrase 12 characters or more; nothing is written otherwise."""
    with pytest.raises(KeyringError):
        LocalKeyring.create(path, secret)
    assert not path.exists()


def test_a_keyring_is_never_written_over(path: Path) -> None:
    """Creating twice would lose every key of the first."""
    LocalKeyring.create(path, KEY)
    with pytest.raises(KeyringError):
        LocalKeyring.create(path, KEY)


def test_a_changed_file_is_refused(path: Path) -> None:
    """Every member of the file is authenticated or of a closed form."""
    LocalKeyring.create(path, KEY).wrap(NAME, SECRET)
    facts = json.loads(path.read_text())
    sealed = bytearray(base64.b64decode(facts["sealed"]))
    sealed[5] ^= 1
    for change in (
        {"sealed": base64.b64encode(sealed).decode()},
        {"nonce": base64.b64encode(bytes(12)).decode()},
        {"format": "sectorprivacy-keyring/2"},
        {"lock": {"kind": "none"}},
        {"lock": {"kind": "passphrase", "salt": base64.b64encode(bytes(16)).decode(), "log2_n": 40}},
        {"more": 1},
    ):
        path.write_text(json.dumps(facts | change))
        with pytest.raises(KeyringError):
            LocalKeyring.open(path, KEY)
    path.write_bytes(b"[" * 2_000_000)
    with pytest.raises(KeyringError):
        LocalKeyring.open(path, KEY)


def test_an_absent_file_is_said_to_be_absent(path: Path) -> None:
    """The sentence says what to do."""
    with pytest.raises(KeyringError, match="Create"):
        LocalKeyring.open(path, KEY)


def test_what_is_wrapped_for_one_name_unwraps_for_no_other(path: Path) -> None:
    """Another tenant, use or epoch has another object, and none is made to open something."""
    keyring = LocalKeyring.create(path, KEY)
    wrapped = keyring.wrap(NAME, SECRET)
    others = [
        KeyName("sector-alarm", KeyUse.WRAP, 2),
        KeyName("sector-alarm", KeyUse.INDEX, 1),
        KeyName("b", "wrap", 1),
    ]
    for other in others:
        with pytest.raises(DecryptionError):
            keyring.unwrap(other, wrapped)
        keyring.wrap(other, SECRET)
        with pytest.raises(DecryptionError):
            keyring.unwrap(other, wrapped)
    for bit in range(len(wrapped) * 8):
        changed = bytearray(wrapped)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionError):
            keyring.unwrap(NAME, bytes(changed))


def test_keyrings_opened_before_an_object_was_made_find_it(path: Path) -> None:
    """Two processes that start together agree on one object for each name."""
    one = LocalKeyring.create(path, KEY)
    other = LocalKeyring.open(path, KEY)
    wrapped = one.wrap(NAME, SECRET)
    assert other.unwrap(NAME, wrapped) == SECRET
    assert one.unwrap(NAME, other.wrap(NAME, SECRET)) == SECRET


def test_a_destroyed_object_is_gone_in_every_process(path: Path) -> None:
    """Destroyed means that nothing unwraps any more; doing it again changes nothing, and other objects stay."""
    one = LocalKeyring.create(path, KEY)
    other = LocalKeyring.open(path, KEY)
    next_name = KeyName("sector-alarm", KeyUse.WRAP, 2)
    wrapped, kept = one.wrap(NAME, SECRET), one.wrap(next_name, SECRET)
    for _ in range(2):
        one.destroy(NAME)
        for keyring in (one, other, LocalKeyring.open(path, KEY)):
            with pytest.raises(DecryptionError):
                keyring.unwrap(NAME, wrapped)
            assert keyring.unwrap(next_name, kept) == SECRET


def test_another_secret_locks_the_same_keys(path: Path) -> None:
    """The root is rotated without touching a key under it, and the earlier secret opens nothing any more."""
    keyring = LocalKeyring.create(path, KEY)
    wrapped = keyring.wrap(NAME, SECRET)
    keyring.relock(KEY[::-1])
    assert keyring.unwrap(NAME, wrapped) == SECRET
    assert LocalKeyring.open(path, KEY[::-1]).unwrap(NAME, wrapped) == SECRET
    with pytest.raises(KeyringError):
        LocalKeyring.open(path, KEY)
    for weak in ("short", b"x" * 31):
        with pytest.raises(KeyringError):
            keyring.relock(weak)
    assert LocalKeyring.open(path, KEY[::-1]).unwrap(NAME, wrapped) == SECRET
    with pytest.raises(KeyringError):
        LocalKeyring.in_memory().relock(KEY)


def test_a_file_that_goes_away_is_an_outage(path: Path) -> None:
    """A folder that is not mounted must not look like damage: it may come back."""
    keyring = LocalKeyring.create(path, KEY)
    wrapped = keyring.wrap(NAME, SECRET)
    away = path.rename(path.with_name("elsewhere"))
    for act in (lambda: keyring.unwrap(NAME, wrapped), lambda: keyring.wrap(NAME, SECRET)):
        with pytest.raises(KeyUnavailable):
            act()
    away.rename(path)
    assert keyring.unwrap(NAME, wrapped) == SECRET


def test_processes_that_make_keys_at_once_lose_none(path: Path) -> None:
    """Each of several processes writes its tenants' keys into the one file, and all of them are there afterwards."""
    LocalKeyring.create(path, KEY)
    program = (
        "import sys; from pathlib import Path; from sectorprivacy.encryption import KeyName, LocalKeyring\n"
        "keyring = LocalKeyring.open(Path(sys.argv[1]), bytes(range(32)))\n"
        "for number in range(5): keyring.wrap(KeyName(f'{sys.argv[2]}-{number}', 'wrap', 1), bytes(32))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name], env=os.environ) for name in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    keyring = LocalKeyring.open(path, KEY)
    assert set(keyring._keys) == {f"{name}-{number}/wrap/1" for name in "abc" for number in range(5)}


def test_the_key_of_the_environment_is_read_strictly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is absent or cut is named by its variable, never shown."""
    monkeypatch.setenv("SP_KEY", base64.b64encode(KEY).decode())
    assert environment_key("SP_KEY") == KEY
    for wrong in ("", "c2hvcnQ=", base64.b64encode(KEY).decode() + "\n", "not base64 at all"):
        monkeypatch.setenv("SP_KEY", wrong)
        with pytest.raises(KeyringError, match="SP_KEY") as refused:
            environment_key("SP_KEY")
        assert not wrong or wrong not in str(refused.value)
    monkeypatch.delenv("SP_KEY")
    with pytest.raises(KeyringError):
        environment_key("SP_KEY")


def test_its_representation_shows_no_key(path: Path) -> None:
    """A keyring in a log line gives nothing away."""
    keyring = LocalKeyring.create(path, KEY)
    keyring.wrap(NAME, SECRET)
    assert repr(keyring) == "LocalKeyring(1 keys)"
    keys = Keys("sector-alarm", store=MemoryKeyStore(), provider=keyring)
    assert repr(keys.tenant_keys.current()) == "TenantKey('sector-alarm', epoch=1)"
    assert repr(keys.index_keys()) == "(TenantIndexKey(epoch=1),)"
    assert repr(keys.tenant_keys) == "TenantKeys('sector-alarm')"
