"""Every error of the library: one tree under PrivacyError, each with a stable code, a sentence and what to do next.

Errors carry data (ids, paths, codes), never personal values; the sentence is made only when somebody reads it.
The page `docs/reference/errors.md` explains each code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import ClassVar, Self

import attrs
from attrs import define


@define(eq=False)
class PrivacyError(Exception):
    """Root of the tree. `code` is stable, `sentence` says what happened, `remedy` what to do next."""

    code: ClassVar[str] = "privacy"
    sentence: ClassVar[str] = "A data-protection rule was not met."
    remedy: ClassVar[str] = "See the class of this error."

    @property
    def explanation(self) -> str:
        """What happened, with the facts of this error."""
        return self.sentence.format(**self._facts)

    @property
    def advice(self) -> str:
        """What to do next, with the facts of this error."""
        return self.remedy.format(**self._facts)

    @property
    def _facts(self) -> Mapping[str, object]:
        return {attribute.name: getattr(self, attribute.name) for attribute in attrs.fields(type(self))}

    def __str__(self) -> str:
        return f"{self.explanation} {self.advice} [{self.code}]"


# Declarations: marks, words and the register


@define(eq=False)
class DeclarationError(PrivacyError):
    """A mark, a word or the register is wrong; raised when it is declared, never later."""

    code: ClassVar[str] = "declaration"
    sentence: ClassVar[str] = "A declaration is not valid."
    remedy: ClassVar[str] = "Correct it where it is written."


@define(eq=False)
class UnknownWord(DeclarationError):
    """An id string that no built-in word has."""

    code: ClassVar[str] = "declaration.unknown-word"
    sentence: ClassVar[str] = "There is no {kind} {id!r}."
    remedy: ClassVar[str] = "Use a word of sectorprivacy.vocabulary, or declare your own under an existing one."
    kind: str
    id: str
    known: tuple[str, ...] = attrs.field(default=(), repr=False)

    @property
    def close(self) -> tuple[str, ...]:
        """At most three known ids that look like it, the closest first."""
        return tuple(get_close_matches(self.id, self.known, cutoff=0.7))

    @property
    def explanation(self) -> str:
        """See `PrivacyError`; with the known ids that look like it."""
        hint = f" Did you mean {' or '.join(map(repr, self.close))}?" if self.close else ""
        return f"{self.sentence.format(kind=self.kind, id=self.id)}{hint}"


@define(eq=False)
class NotInCatalogue(UnknownWord):
    """There are no texts in a language, or its catalogue lacks one."""

    code: ClassVar[str] = "declaration.not-in-catalogue"
    remedy: ClassVar[str] = "Name one of sectorprivacy.documents.languages(), or give one of your own: Catalogue.read."


@define(eq=False)
class InvalidDeclaration(DeclarationError):
    """A declaration that contradicts itself or leaves out what its law needs."""

    code: ClassVar[str] = "declaration.invalid"
    sentence: ClassVar[str] = "{where}: {problem}."
    remedy: ClassVar[str] = "{instead}."
    where: str
    problem: str
    instead: str


@define(eq=False)
class BasisIncomplete(InvalidDeclaration):
    """An activity without a legal basis, or with one that does not say what it rests on (Art. 6(1), 13(1)(c), (d))."""

    code: ClassVar[str] = "declaration.basis-incomplete"


@define(eq=False)
class RetentionMissing(InvalidDeclaration):
    """An activity that does not say how long it needs its data (Art. 5(1)(e))."""

    code: ClassVar[str] = "declaration.retention-missing"


@define(eq=False)
class TransferWithoutSafeguard(InvalidDeclaration):
    """Data would leave the European Economic Area without a safeguard of Chapter V (Art. 44)."""

    code: ClassVar[str] = "declaration.transfer-without-safeguard"


@define(eq=False)
class ProtectedWithoutGround(InvalidDeclaration):
    """Special categories of data or data on offences, used without the ground that permits it (Art. 9(2), Art. 10)."""

    code: ClassVar[str] = "declaration.protected-without-ground"


@define(eq=False)
class DeclarationsInvalid(DeclarationError):
    """Several declarations are wrong; all of them are reported together."""

    code: ClassVar[str] = "declaration.several"
    sentence: ClassVar[str] = "Several declarations are not valid:"
    remedy: ClassVar[str] = "Each line says what to write instead."
    errors: tuple[DeclarationError, ...]

    def __str__(self) -> str:
        listed = "".join(f"\n- {error}" for error in self.errors)
        return f"{self.explanation}{listed}\n{self.advice} [{self.code}]"


@define(eq=False)
class LeakageRefused(DeclarationError):
    """A blind index would give the values of the field away, whatever its size."""

    code: ClassVar[str] = "declaration.leakage"
    sentence: ClassVar[str] = "{where}: a blind index would give its values away: {why}."
    remedy: ClassVar[str] = "Search by another field, or accept it: BlindIndex(..., accepted=REASON)."
    where: str
    why: str


@define(eq=False)
class NotDeclared(DeclarationError):
    """A model without @personal was given where a declared one is needed."""

    code: ClassVar[str] = "declaration.not-declared"
    sentence: ClassVar[str] = "{model} is not declared."
    remedy: ClassVar[str] = "Decorate it with @personal(id=...)."
    model: str


@define(eq=False)
class UnmarkedFields(DeclarationError):
    """Fields of a declared model that carry no mark: reading is fail-closed."""

    code: ClassVar[str] = "declaration.unmarked-fields"
    sentence: ClassVar[str] = "{model}: no mark on {paths}."
    remedy: ClassVar[str] = (
        "Annotate each with Personal(...), SubjectId(...) or NotPersonal(reason), or name it in not_personal={{...}}."
    )
    model: str
    paths: tuple[str, ...]


def report_together(errors: Iterable[DeclarationError]) -> None:
    """Raise what is wrong, if anything is: one error as it is, several as one that names them all.

    Raises:
        DeclarationError: The only error there is.
        DeclarationsInvalid: Several, those inside others taken out.
    """
    found = [each for error in errors for each in _each(error)]
    if len(found) == 1:
        raise found[0]
    if found:
        raise DeclarationsInvalid(errors=tuple(found))


def _each(error: DeclarationError) -> tuple[DeclarationError, ...]:
    return error.errors if isinstance(error, DeclarationsInvalid) else (error,)


@define(eq=False)
class NoticeChanged(DeclarationError):
    """A notice was published under this version of the register, and people would now read something else."""

    code: ClassVar[str] = "declaration.notice-changed"
    sentence: ClassVar[str] = "The notice of version {version!r} in {language!r} is published with another text."
    remedy: ClassVar[str] = "Give the register a new version, Policy(version=...), and publish that."
    version: str
    language: str


# Sealed values and their keys


@define(eq=False)
class EncryptionError(PrivacyError):
    """Something about sealed values or their keys."""

    code: ClassVar[str] = "encryption"
    sentence: ClassVar[str] = "A sealed value could not be handled."
    remedy: ClassVar[str] = "See the class of this error."


@define(eq=False)
class DecryptionError(EncryptionError):
    """A sealed value did not open. One public text for every cause, so that nobody learns which one it was."""

    code: ClassVar[str] = "encryption.decryption"
    sentence: ClassVar[str] = "The value could not be opened."
    remedy: ClassVar[str] = "If many fail at once, look at the keys before the data."


@define(eq=False)
class KeyErased(DecryptionError):
    """The key of this value was destroyed on purpose (Art. 17); a tombstone of its key id says so."""

    code: ClassVar[str] = "encryption.key-erased"


@define(eq=False)
class KeyUnavailable(DecryptionError):
    """The key exists but cannot be had now: the key service is down, or the key is disabled. Retry later."""

    code: ClassVar[str] = "encryption.key-unavailable"

    @classmethod
    def noting(cls, reason: str) -> Self:
        """The error with what the key service said, in a note for the operator; the public text stays the same."""
        error = cls()
        error.add_note(reason)
        return error


@define(eq=False)
class KeyNotLoaded(DecryptionError):
    """open() was called under a running event loop before the key was loaded; opening never blocks a loop."""

    code: ClassVar[str] = "encryption.key-not-loaded"
    sentence: ClassVar[str] = "An event loop runs, and the key of this value is not loaded."
    remedy: ClassVar[str] = "Call `await prefetch(values)` first, inside the scope."


@define(eq=False)
class NotSealed(DecryptionError):
    """Text without the prefix of a cell, or bytes without its first octet, stands where a sealed value should."""

    code: ClassVar[str] = "encryption.not-sealed"
    remedy: ClassVar[str] = "Find out who wrote the column without sealing."


@define(eq=False)
class ValueNotSealable(EncryptionError):
    """The value is outside what the codec of its field can hold."""

    code: ClassVar[str] = "encryption.not-sealable"
    sentence: ClassVar[str] = "{path}: the value cannot be sealed as {codec}: {reason}."
    remedy: ClassVar[str] = "Correct the value; the declaration of the field says what it takes."
    path: str
    codec: str
    reason: str


@define(eq=False)
class OwnerNotLoaded(EncryptionError):
    """A value is to be sealed in a row that reaches its owner through another row, which is not loaded."""

    code: ClassVar[str] = "encryption.owner-not-loaded"
    sentence: ClassVar[str] = "{path}: whose keys seal the row lies at {via!r}, which is not loaded."
    remedy: ClassVar[str] = "Give the new row its parent itself, or load it (selectinload) before the flush."
    path: str
    via: str


@define(eq=False)
class KeyringError(EncryptionError):
    """The root keyring cannot be used."""

    code: ClassVar[str] = "encryption.keyring"
    sentence: ClassVar[str] = "The keyring cannot be used: {problem}."
    remedy: ClassVar[str] = "{instead}."
    problem: str
    instead: str


@define(eq=False)
class EpochEnded(EncryptionError):
    """A key was to be wrapped under a tenant key that is not the current one; a rotation began meanwhile."""

    code: ClassVar[str] = "encryption.epoch-ended"
    sentence: ClassVar[str] = "Another epoch of the tenant's keys has begun."
    remedy: ClassVar[str] = "Do it again: the current epoch is asked for anew."


@define(eq=False)
class EpochInUse(EncryptionError):
    """A tenant key cannot be destroyed while it is the current one, or while subject keys are wrapped under it."""

    code: ClassVar[str] = "encryption.epoch-in-use"
    sentence: ClassVar[str] = "Epoch {epoch} is still in use: {why}."
    remedy: ClassVar[str] = "Run the rotation again; it goes through what was added meanwhile."
    epoch: int
    why: str


@define(eq=False)
class SystemicFailure(EncryptionError):
    """So many values failed to open that the keys are broken, not the data. It is no DecryptionError on purpose."""

    code: ClassVar[str] = "encryption.systemic-failure"
    sentence: ClassVar[str] = "{failed} of the last {opened} values did not open: the keys are wrong, not the data."
    remedy: ClassVar[str] = "Write and erase nothing. Check key store, keyring and tenant, then restart the process."
    failed: int
    opened: int


@define(eq=False)
class NotIndexed(EncryptionError):
    """A sealed field was to be searched that has no blind index."""

    code: ClassVar[str] = "encryption.not-indexed"
    sentence: ClassVar[str] = "{path} has no blind index."
    remedy: ClassVar[str] = "Declare Personal(..., index=BlindIndex(...)), or search by another identifier."
    path: str


@define(eq=False)
class NotComparable(EncryptionError):
    """A sealed column was to be compared in SQL: a cell differs from every other, also of the same value."""

    code: ClassVar[str] = "encryption.not-comparable"
    sentence: ClassVar[str] = "{path} is sealed, so the database cannot compare it."
    remedy: ClassVar[str] = "Search an indexed field with find_by(session, Model.field, value)."
    path: str


@define(eq=False)
class ShreddingsInvalid(EncryptionError):
    """The list of destroyed keys was cut, changed, or does not fit its checkpoint; it proves nothing."""

    code: ClassVar[str] = "encryption.shreddings-invalid"
    sentence: ClassVar[str] = "The list of destroyed keys cannot be used: {problem}."
    remedy: ClassVar[str] = "Take the copy that the newest checkpoint was made from."
    problem: str


@define(eq=False)
class SignatureInvalid(PrivacyError):
    """A signature does not verify, or its key is not known or not allowed for this use."""

    code: ClassVar[str] = "signature.invalid"
    sentence: ClassVar[str] = "The signature does not verify."
    remedy: ClassVar[str] = "Do not use the message; check the pinned key."


# Purposes


@define(eq=False)
class ProcessingRefused(PrivacyError):
    """The gate refused: no permitted purpose covers this (Art. 5(1)(b), Art. 6)."""

    code: ClassVar[str] = "purpose"
    sentence: ClassVar[str] = "Processing is not permitted here."
    remedy: ClassVar[str] = "See the class of this error."


@define(eq=False)
class NoPurpose(ProcessingRefused):
    """A sealed value was opened, or the gate asked, outside any purpose scope."""

    code: ClassVar[str] = "purpose.none"
    sentence: ClassVar[str] = "No purpose scope is active."
    remedy: ClassVar[str] = "Decorate the function with @processing(activity, subject=...) or use `with using(...)`."


@define(eq=False)
class NoPrivacy(ProcessingRefused):
    """A scope was entered, or a sealed value written, while no Privacy object is current."""

    code: ClassVar[str] = "purpose.no-privacy"
    sentence: ClassVar[str] = "No Privacy object is current."
    remedy: ClassVar[str] = "Enter it with `with privacy:`."


@define(eq=False)
class ActivityNotDeclared(ProcessingRefused):
    """The activity is not in the current version of the policy."""

    code: ClassVar[str] = "purpose.activity-not-declared"
    sentence: ClassVar[str] = "Activity {activity!r} is not in the policy."
    remedy: ClassVar[str] = "Register it in Policy(...) with its purpose, bases and retention."
    activity: str


@define(eq=False)
class RoleNotCovered(ProcessingRefused):
    """The activity has no legal basis for people in this role."""

    code: ClassVar[str] = "purpose.role-not-covered"
    sentence: ClassVar[str] = "Activity {activity!r} has no legal basis for role {role!r}."
    remedy: ClassVar[str] = "Give the activity a basis for that role, or do not process that person's data for it."
    activity: str
    role: str


@define(eq=False)
class CategoryNotCovered(ProcessingRefused):
    """The activity may not use this category of personal data (Art. 5(1)(c))."""

    code: ClassVar[str] = "purpose.category-not-covered"
    sentence: ClassVar[str] = "Activity {activity!r} may not use {category!r} ({model}.{field})."
    remedy: ClassVar[str] = "Add the category to the activity's `uses`, or do without the field."
    activity: str
    category: str
    model: str
    field: str


@define(eq=False)
class SubjectNotCovered(ProcessingRefused):
    """The value belongs to a person the scope does not cover."""

    code: ClassVar[str] = "purpose.subject-not-covered"
    sentence: ClassVar[str] = "The scope of activity {activity!r} does not cover this person."
    remedy: ClassVar[str] = "Enter a scope for the person whose value is opened."
    activity: str


@define(eq=False)
class ObjectionStands(ProcessingRefused):
    """The person objected to this processing (Art. 21)."""

    code: ClassVar[str] = "purpose.objection"
    sentence: ClassVar[str] = "The person objected to activity {activity!r}."
    remedy: ClassVar[str] = "Leave the person out."
    activity: str


@define(eq=False)
class ConsentMissing(ProcessingRefused):
    """The person has not consented to this activity, or has withdrawn (Art. 7)."""

    code: ClassVar[str] = "purpose.consent-missing"
    sentence: ClassVar[str] = "There is no standing consent for activity {activity!r}."
    remedy: ClassVar[str] = "Ask for consent to its text first."
    activity: str


@define(eq=False)
class PersonErased(ProcessingRefused):
    """The person was erased here; nothing may bring them back without a new lifecycle."""

    code: ClassVar[str] = "purpose.person-erased"
    sentence: ClassVar[str] = "This person was erased."
    remedy: ClassVar[str] = "Do not write about them; a returning customer is registered anew on purpose."


# Rights: services, protocol, packages, the coordinator


@define(eq=False)
class RightsError(PrivacyError):
    """Something about answering a person's rights."""

    code: ClassVar[str] = "rights"
    sentence: ClassVar[str] = "A right could not be answered."
    remedy: ClassVar[str] = "See the class of this error."


@define(eq=False)
class ProtocolError(RightsError):
    """A message of the rights protocol was refused; `problem` and `retry` are those of its problem document."""

    code: ClassVar[str] = "rights.protocol"
    sentence: ClassVar[str] = "The message was refused: {problem}."
    remedy: ClassVar[str] = "Retry: {retry}."
    problem: str
    retry: str = "never"


@define(eq=False)
class ServiceFailed(RightsError):
    """A service did not answer as the protocol demands: it is down, hangs, or answered wrongly."""

    code: ClassVar[str] = "rights.service-failed"
    sentence: ClassVar[str] = "Service {service!r} did not answer: {reason}."
    remedy: ClassVar[str] = "The case goes on without it and names it; ask again when the service is well."
    service: str
    reason: str


@define(eq=False)
class CaseRefused(RightsError):
    """A case does not allow this step; `problem` says why: unknown, changed meanwhile, not at that step."""

    code: ClassVar[str] = "rights.case-refused"
    sentence: ClassVar[str] = "Case {case} does not allow this: {problem}."
    remedy: ClassVar[str] = "Look at the case's state, and ask again from there."
    case: str
    problem: str


@define(eq=False)
class PackageInvalid(RightsError):
    """A package is not what was signed."""

    code: ClassVar[str] = "rights.package-invalid"
    sentence: ClassVar[str] = "The package does not verify: {file}: {reason}."
    remedy: ClassVar[str] = "Do not use it; ask the sender for a new one."
    file: str
    reason: str


@define(eq=False)
class NotYetSupported(RightsError):
    """A part of the protocol this version refuses by type; `docs/limits.md` lists them."""

    code: ClassVar[str] = "rights.not-yet-supported"
    sentence: ClassVar[str] = "{what} is not supported by this version."
    remedy: ClassVar[str] = "See the page of known limits."
    what: str


# Setting up


@define(eq=False)
class SetupError(PrivacyError):
    """The environment lacks something; the sentence says what to do."""

    code: ClassVar[str] = "setup"
    sentence: ClassVar[str] = "The library cannot start here."
    remedy: ClassVar[str] = "See the class of this error."


@define(eq=False)
class MissingExtra(SetupError):
    """A module of integrations was used without the extra that installs its library."""

    code: ClassVar[str] = "setup.missing-extra"
    sentence: ClassVar[str] = "{feature} needs an extra that is not installed."
    remedy: ClassVar[str] = "Run: pip install 'sectorprivacy[{extra}]'"
    feature: str
    extra: str


@define(eq=False)
class RepositoryNeeded(SetupError):
    """The demonstration lives in the repository, not in the wheel."""

    code: ClassVar[str] = "setup.repository-needed"
    sentence: ClassVar[str] = "The reference company is not part of the installed package."
    remedy: ClassVar[str] = "Take the repository and run the command at its root."


@define(eq=False)
class PortInUse(SetupError):
    """A port that was asked for is taken."""

    code: ClassVar[str] = "setup.port-in-use"
    sentence: ClassVar[str] = "Port {port} is in use."
    remedy: ClassVar[str] = "Stop the program that listens there, or name another port."
    port: int


@define(eq=False)
class DatabaseUnsafe(SetupError):
    """A database does not do what erasure and durability need: a setting does not hold, or deleted bytes stay."""

    code: ClassVar[str] = "setup.database-unsafe"
    sentence: ClassVar[str] = "The database is not safe for personal data: {problem}."
    remedy: ClassVar[str] = "{instead}."
    problem: str
    instead: str


@define(eq=False)
class DatabaseUnreachable(SetupError):
    """A database cannot be opened to look at its tables; the sentence leaves out its URL, which may hold a password."""

    code: ClassVar[str] = "setup.database-unreachable"
    sentence: ClassVar[str] = "The database cannot be opened."
    remedy: ClassVar[str] = "Check its URL, that it runs (or that the file exists), and that the driver is installed."


@define(eq=False)
class OutputNotWritten(SetupError):
    """A file could not be written; what was there before is as it was."""

    code: ClassVar[str] = "setup.output-not-written"
    sentence: ClassVar[str] = "{file} was not written: {reason}."
    remedy: ClassVar[str] = "Name a file in a folder that exists and has room, with --output."
    file: str
    reason: str


@define(eq=False)
class DocumentUnreadable(SetupError):
    """A file is not the document that was expected: a register, a data map, a lock."""

    code: ClassVar[str] = "setup.document-unreadable"
    sentence: ClassVar[str] = "{file} cannot be used: {reason}."
    remedy: ClassVar[str] = "Make it anew with the command that writes it."
    file: str
    reason: str


@define(eq=False)
class ConfigurationError(SetupError):
    """[tool.sectorprivacy] in pyproject.toml does not say what a command needs."""

    code: ClassVar[str] = "setup.configuration"
    sentence: ClassVar[str] = "[tool.sectorprivacy]: {problem}."
    remedy: ClassVar[str] = "{instead}."
    problem: str
    instead: str


@define(eq=False)
class PersonNotFound(SetupError):
    """A command was to act on a person whom the service does not know by the identifier it was given."""

    code: ClassVar[str] = "setup.person-not-found"
    sentence: ClassVar[str] = "No person was found by a {kind}: {why}."
    remedy: ClassVar[str] = "Give the identifier in the first line of standard input, and check --kind and --service."
    kind: str
    why: str
