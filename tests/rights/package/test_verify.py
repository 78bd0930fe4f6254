from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from sectorprivacy.errors import PackageInvalid
from sectorprivacy.rights.package import AttachmentFile, PackageContents, PackageManifest, verify_package
from sectorprivacy.rights.package._manifest import Member
from sectorprivacy.rights.package._zip import read_end
from sectorprivacy.signing import Envelope, Signer
from tests.rights.package.sample import contents_of, png, record

Write = Callable[[PackageContents], bytes]


@pytest.fixture
def package(tmp_path: Path, written: Write, stored: Callable[[bytes], AttachmentFile]) -> Path:
    path = tmp_path / "package.zip"
    picture = png()
    path.write_bytes(written(contents_of([record(1, pictures=[picture]), record(2)], files=[stored(picture)])))
    return path


def refusal(path: Path, signer: Signer) -> PackageInvalid:
    with pytest.raises(PackageInvalid) as refused:
        verify_package(path, signer.verifier)
    return refused.value


def members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def repacked(path: Path, files: list[tuple[str, bytes]]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files:
            archive.writestr(name, data)


def test_what_was_written_verifies(package: Path, signer: Signer) -> None:
    """The good case: whose it is, when it was made, and how much is in it."""
    verified = verify_package(package, signer.verifier)
    assert str(verified.case) == "6c1f3c0e-94a0-4f0e-9a51-8a2e5a1c7b11"
    assert (verified.records, verified.key_id, verified.size) == (2, signer.key_id, package.stat().st_size)


def test_any_changed_byte_is_noticed_and_its_file_named(package: Path, signer: Signer) -> None:
    """Every byte of the zip is signed or follows from what is: headers, contents, table of contents and end."""
    good = package.read_bytes()
    names = {*members(package), package.name}
    for place in range(0, len(good), max(1, len(good) // 2_500)):
        changed = bytearray(good)
        changed[place] ^= 1 << place % 8
        package.write_bytes(changed)
        assert refusal(package, signer).file in names, place


def test_a_change_in_a_file_names_that_file(package: Path, signer: Signer) -> None:
    """Whoever complains to the sender can say which file is wrong."""
    picture = png()
    package.write_bytes(package.read_bytes().replace(picture, picture[:-20] + b"?" + picture[-19:]))
    assert refusal(package, signer).file.startswith("attachments/")


@pytest.mark.parametrize("length", [0, 1, 21, 22, 500, -1, -22, -23])
def test_a_cut_package_is_refused(package: Path, signer: Signer, length: int) -> None:
    """A broken download is an error with a sentence, never a traceback."""
    package.write_bytes(package.read_bytes()[:length])
    refusal(package, signer)


@pytest.mark.parametrize(("before", "after"), [(b"MZ", b""), (b"", b"\0"), (b"", b"PK\5\6" + bytes(18))])
def test_nothing_may_stand_before_or_after(package: Path, signer: Signer, before: bytes, after: bytes) -> None:
    """A zip with a program before it or a second table behind it opens differently in different programs."""
    package.write_bytes(before + package.read_bytes() + after)
    refusal(package, signer)


def test_an_added_file_is_refused(package: Path, signer: Signer) -> None:
    """A letter slipped in between would look as if the company had signed it."""
    repacked(package, [*members(package).items(), ("data/extra.csv", b"pay here")])
    refusal(package, signer)


def test_a_missing_file_is_refused(package: Path, signer: Signer) -> None:
    """Leaving data out is tampering too."""
    files = members(package)
    del files["withheld.html"]
    repacked(package, list(files.items()))
    refusal(package, signer)


def test_a_file_that_stands_twice_is_refused(package: Path, signer: Signer) -> None:
    """Of two files with one name, programs open one or the other."""
    files = list(members(package).items())
    with pytest.warns(UserWarning, match="Duplicate name"):
        repacked(package, [*files, ("START-HERE.html", b"other")])
    refused = refusal(package, signer)
    assert (refused.file, refused.reason) == ("START-HERE.html", "it is in the package twice")


def test_a_second_table_of_contents_is_refused(package: Path, signer: Signer) -> None:
    """Programs read the last table, or the first: there must be one."""
    good = package.read_bytes()
    _, _, offset = read_end(good[-22:]) or (0, 0, 0)
    second = bytearray(good[offset:])
    second[-6:-2] = len(good).to_bytes(4, "little")
    package.write_bytes(good + second)
    assert refusal(package, signer).reason == "something follows its end"


def test_a_package_without_signature_is_refused(package: Path, signer: Signer) -> None:
    """Stripping the signature must not downgrade to trust."""
    files = members(package)
    del files["signature.json"]
    repacked(package, list(files.items()))
    assert refusal(package, signer).file == "signature.json"


def test_manifest_and_signature_of_another_package_do_not_fit(
    package: Path, signer: Signer, written: Write, tmp_path: Path
) -> None:
    """An older package of the same person, also genuinely signed, cannot lend its signature."""
    older = tmp_path / "older.zip"
    older.write_bytes(written(contents_of([record(1)])))
    mine, theirs = members(package), members(older)
    repacked(package, list((mine | {"signature.json": theirs["signature.json"]}).items()))
    assert refusal(package, signer).file == "manifest.json"
    both = {name: theirs[name] for name in ("manifest.json", "signature.json")}
    repacked(package, list((mine | both).items()))
    refusal(package, signer)


def test_a_second_signature_is_refused(package: Path, signer: Signer) -> None:
    """Whoever adds a signature of their own changes the package without changing what the company signed."""
    files = members(package)
    envelope = Envelope.from_json(files["signature.json"]).countersign(Signer.generate())
    repacked(package, list((files | {"signature.json": envelope.to_json()}).items()))
    assert refusal(package, signer).file == "signature.json"


def test_another_key_is_refused(package: Path) -> None:
    """A package verifies under the pinned key alone."""
    assert refusal(package, Signer.generate()).file == "signature.json"


@pytest.mark.parametrize(
    "name",
    ["../x", "/etc/passwd", "data/../../x.csv", "data/a/b.exe", "data\\a\\b.csv", "START-HERE.HTML", "con", "a\n"],
)
def test_no_signed_name_can_leave_the_folder(name: str) -> None:
    """Zip-slip: even a manifest signed by the company cannot name a path outside, a program, or a look-alike."""
    with pytest.raises(ValidationError):
        Member(name=name, method="stored", size=0, packed=0, crc32="0" * 8, sha256="0" * 64, entry="0" * 64)


def test_a_manifest_with_members_out_of_order_is_refused(package: Path) -> None:
    """One manifest has one zip: order and uniqueness are part of the form."""
    manifest = json.loads(members(package)["manifest.json"])
    for twist in (list.reverse, lambda each: each.append(each[-1])):
        changed = json.loads(json.dumps(manifest))
        twist(changed["members"])
        with pytest.raises(ValidationError):
            PackageManifest.model_validate_json(json.dumps(changed))


def test_something_that_is_no_zip_is_refused(tmp_path: Path, signer: Signer) -> None:
    """Any file, and no file, ends in one sentence."""
    other = tmp_path / "letter.txt"
    other.write_bytes(b"Dear Sir or Madam, " * 20)
    assert refusal(other, signer).file == "letter.txt"
    assert refusal(tmp_path / "none.zip", signer).file == "none.zip"
