"""The local keyring: a file for its owner alone, that opens with its own secret or not at all."""

from __future__ import annotations

import base64
import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import evolve

from sectorprivacy.encryption import KeyName, Keys, KeyUse, LocalKeyring, MemoryKeyStore, environment_key
from sectorprivacy.encryption import _keyring as keyring_module
from sectorprivacy.errors import DecryptionError, KeyringError, KeyUnavailable

KEY = bytes(range(32))
SECRET = bytes(range(100, 132))
NAME = KeyName.fresh("sector-alarm", KeyUse.WRAP, 1)


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
        evolve(NAME, epoch=2),
        evolve(NAME, use=KeyUse.INDEX),
        evolve(NAME, tenant="b"),
        evolve(NAME, serial="0" * 16),
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
    next_name = KeyName.fresh("sector-alarm", KeyUse.WRAP, 2)
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
    acts: list[Callable[[], object]] = [lambda: keyring.unwrap(NAME, wrapped), lambda: keyring.wrap(NAME, SECRET)]
    for act in acts:
        with pytest.raises(KeyUnavailable):
            act()
    away.rename(path)
    assert keyring.unwrap(NAME, wrapped) == SECRET


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """No file of this process may grow to half of what the keyring has: writing stops in the middle, as on a disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size // 2, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def refused_rename(_: Path, target: Path) -> Path:
    raise OSError(errno.EIO, os.strerror(errno.EIO), target)


def test_a_full_disk_is_an_outage_and_leaves_no_copy(path: Path) -> None:
    """Neither a new object nor a destruction is half done, and no second file holds keys that are destroyed later."""
    keyring = LocalKeyring.create(path, KEY)
    wrapped, before = keyring.wrap(NAME, SECRET), path.read_bytes()
    for act in (
        lambda: keyring.wrap(KeyName.fresh("sector-alarm", KeyUse.WRAP, 2), SECRET),
        lambda: keyring.destroy(NAME),
    ):
        with full_disk(path), pytest.raises(KeyUnavailable) as refused:
            act()
        assert refused.value.__notes__ == ["its file cannot be written (File too large)"]
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert LocalKeyring.open(path, KEY).unwrap(NAME, wrapped) == keyring.unwrap(NAME, wrapped) == SECRET
    keyring.destroy(NAME)
    with pytest.raises(DecryptionError):
        keyring.unwrap(NAME, wrapped)


def test_a_rename_that_fails_leaves_no_copy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written beside the file and could not take its place is removed: it holds keys."""
    keyring = LocalKeyring.create(path, KEY)
    keyring.wrap(NAME, SECRET)
    monkeypatch.setattr(Path, "replace", refused_rename)
    with pytest.raises(KeyUnavailable):
        keyring.destroy(NAME)
    with pytest.raises(KeyringError):
        keyring.relock(KEY[::-1])
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_a_killed_writer_left_goes_with_the_next_change(path: Path) -> None:
    """An unfinished copy holds the key that is destroyed: it is removed first, also if nothing else is to be done."""
    keyring = LocalKeyring.create(path, KEY)
    wrapped = keyring.wrap(NAME, SECRET)
    others = [path.with_name(name) for name in (".other.json.0123456789abcdef", f".{path.name}.bak", f"{path.name}~")]
    for each in others:
        each.touch()
    for _ in range(2):
        path.with_name(f".{path.name}.0123456789abcdef").write_bytes(path.read_bytes())
        keyring.destroy(NAME)
        assert sorted(path.parent.iterdir()) == sorted([path, *others])
    with pytest.raises(DecryptionError):
        keyring.unwrap(NAME, wrapped)


def test_a_copy_that_cannot_be_removed_stops_the_destruction(path: Path) -> None:
    """While a copy of the key is left somewhere, destroying it is not reported as done."""
    keyring = LocalKeyring.create(path, KEY)
    wrapped = keyring.wrap(NAME, SECRET)
    path.with_name(f".{path.name}.0123456789abcdef").mkdir()
    with pytest.raises(KeyUnavailable):
        keyring.destroy(NAME)
    assert keyring.unwrap(NAME, wrapped) == SECRET


def test_a_full_keyring_still_opens(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that would be too large to be read again is not written."""
    keyring = LocalKeyring.create(path, KEY)
    wrapped = keyring.wrap(NAME, SECRET)
    monkeypatch.setattr(keyring_module, "SIZE_LIMIT", path.stat().st_size)
    with pytest.raises(KeyUnavailable):
        keyring.wrap(KeyName.fresh("sector-alarm", KeyUse.WRAP, 2), SECRET)
    assert keyring.unwrap(NAME, wrapped) == SECRET


def test_the_longest_name_is_kept(path: Path) -> None:
    """A tenant's id of 100 characters and the last epoch still make a file that opens."""
    name = KeyName.fresh("a" * 100, KeyUse.INDEX, 2**32 - 1)
    wrapped = LocalKeyring.create(path, KEY).wrap(name, SECRET)
    assert LocalKeyring.open(path, KEY).unwrap(name, wrapped) == SECRET


def test_a_root_that_cannot_be_written_stays_the_root(path: Path) -> None:
    """While the new lock is not in the file, the keyring goes on with the earlier one, and the file opens with it."""
    keyring = LocalKeyring.create(path, KEY)
    wrapped = keyring.wrap(NAME, SECRET)
    with full_disk(path), pytest.raises(KeyringError):
        keyring.relock(KEY[::-1])
    assert keyring.unwrap(NAME, wrapped) == SECRET
    assert LocalKeyring.open(path, KEY).unwrap(NAME, wrapped) == SECRET


def test_a_running_process_must_learn_the_new_root(path: Path) -> None:
    """A keyring that was opened with the earlier secret is unavailable, and the operator reads why."""
    running = LocalKeyring.create(path, KEY)
    wrapped = running.wrap(NAME, SECRET)
    LocalKeyring.open(path, KEY).relock(KEY[::-1])
    acts: list[Callable[[], object]] = [lambda: running.unwrap(NAME, wrapped), lambda: running.wrap(NAME, SECRET)]
    for act in acts:
        with pytest.raises(KeyUnavailable) as refused:
            act()
        assert refused.value.__notes__ == ["the passphrase or key does not open it"]


def test_a_folder_that_is_not_there_is_said(path: Path) -> None:
    """Where the file cannot be made, the sentence says why, and names no place."""
    with pytest.raises(KeyringError, match="No such file or directory") as refused:
        LocalKeyring.create(path.with_name("nowhere") / path.name, KEY)
    assert "nowhere" not in str(refused.value)
    path.mkdir(mode=0o700)
    with pytest.raises(KeyringError, match="Is a directory"):
        LocalKeyring.open(path, KEY)


def test_processes_that_make_keys_at_once_lose_none(path: Path) -> None:
    """Each of several processes writes its tenants' keys into the one file, and all of them are there afterwards."""
    LocalKeyring.create(path, KEY)
    program = (
        "import sys; from pathlib import Path; from sectorprivacy.encryption import KeyName, LocalKeyring\n"
        "keyring = LocalKeyring.open(Path(sys.argv[1]), bytes(range(32)))\n"
        "for number in range(5): keyring.wrap(KeyName(f'{sys.argv[2]}-{number}', 'wrap', 1, '0' * 16), bytes(32))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, str(path), name], env=os.environ) for name in ("a", "b", "c")
    ]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    keyring = LocalKeyring.open(path, KEY)
    assert set(keyring._keys) == {f"{name}-{number}/wrap/1/{'0' * 16}" for name in "abc" for number in range(5)}


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
