"""The local keyring: a file for its owner alone, that opens with its own secret or not at all."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sectorprivacy.encryption import LocalKeyring, environment_key
from sectorprivacy.encryption import _keyring as keyring_module
from sectorprivacy.errors import DecryptionError, KeyringError
from sectorprivacy.vocabulary import SubjectRef

KEY = bytes(range(32))
KARI = SubjectRef(bytes(range(16)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyring.json"


def test_tenant_keys_outlive_the_process(path: Path) -> None:
    """A key is in the file before anything is wrapped under it."""
    key, wrapped = LocalKeyring.create(path, KEY).tenant_key("sector-alarm").mint(KARI, "contract")
    again = LocalKeyring.open(path, KEY).tenant_key("sector-alarm", 1)
    assert again.unwrap(wrapped, kid=key.kid, subject=KARI, retention_class="contract").kid == key.kid


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    """Mode 0600, also after it was written anew, and refused when others can read it."""
    LocalKeyring.create(path, KEY).tenant_key("sector-alarm")
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(KeyringError):
        LocalKeyring.open(path, KEY)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_passphrase_locks_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The passphrase opens it, another does not, and neither does a key."""
    monkeypatch.setattr(keyring_module, "SCRYPT_LOG2_N", 14)
    LocalKeyring.create(path, "correct horse battery").tenant_key("sector-alarm")
    assert "horse" not in path.read_text()
    LocalKeyring.open(path, "correct horse battery").tenant_key("sector-alarm", 1)
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
    LocalKeyring.create(path, KEY).tenant_key("sector-alarm")
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


def test_an_unknown_epoch_has_no_key(path: Path) -> None:
    """A key that was destroyed or never made is not made again under its number."""
    keyring = LocalKeyring.create(path, KEY)
    keyring.tenant_key("sector-alarm")
    with pytest.raises(DecryptionError):
        keyring.tenant_key("sector-alarm", 2)
    with pytest.raises(DecryptionError):
        keyring.tenant_key("another", 1)


def test_keyrings_opened_before_a_key_was_made_find_it(path: Path) -> None:
    """Two processes that start together agree on one key for each tenant."""
    one = LocalKeyring.create(path, KEY)
    other = LocalKeyring.open(path, KEY)
    key, wrapped = one.tenant_key("sector-alarm").mint(KARI, "contract")
    assert other.tenant_key("sector-alarm").unwrap(wrapped, kid=key.kid, subject=KARI, retention_class="contract")
    third = LocalKeyring.open(path, KEY)
    key, wrapped = one.tenant_key("second").mint(KARI, "contract")
    assert third.tenant_key("second", 1).unwrap(wrapped, kid=key.kid, subject=KARI, retention_class="contract")


def test_processes_that_make_keys_at_once_lose_none(path: Path) -> None:
    """Each of several processes writes its tenants' keys into the one file, and all of them are there afterwards."""
    LocalKeyring.create(path, KEY)
    program = (
        "import sys; from pathlib import Path; from sectorprivacy.encryption import LocalKeyring\n"
        "keyring = LocalKeyring.open(Path(sys.argv[1]), bytes(range(32)))\n"
        "for number in range(5): keyring.tenant_key(f'{sys.argv[2]}-{number}')"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name], env=os.environ) for name in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    keyring = LocalKeyring.open(path, KEY)
    for name in "abc":
        for number in range(5):
            keyring.tenant_key(f"{name}-{number}", 1)


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
    assert repr(keyring.tenant_key("sector-alarm")) == "TenantKey('sector-alarm', epoch=1)"
    assert repr(keyring) == "LocalKeyring(1 tenants)"
