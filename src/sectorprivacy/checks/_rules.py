"""The rules: each code with its severity, whether a reasoned exemption may silence it, and what it protects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from attrs import frozen

from sectorprivacy import errors
from sectorprivacy.checks._finding import Finding, Severity
from sectorprivacy.errors import DeclarationError


@frozen(kw_only=True)
class Rule:
    """What a code stands for.

    Args:
        code: The code.
        severity: Whether it fails a build.
        exemptable: Whether a reasoned exemption silences it.
        summary: What is wrong where it is found, a sentence.
        reason: Why that matters, a sentence.
    """

    code: str
    severity: Severity
    exemptable: bool
    summary: str
    reason: str

    def finding(self, where: str, message: str, remedy: str) -> Finding:
        """A finding of this rule."""
        return Finding(code=self.code, severity=self.severity, where=where, message=message, remedy=remedy)


def _error(code: str, summary: str, reason: str) -> Rule:
    return Rule(code=code, severity=Severity.ERROR, exemptable=True, summary=summary, reason=reason)


def _warning(code: str, summary: str, reason: str) -> Rule:
    return Rule(code=code, severity=Severity.WARNING, exemptable=True, summary=summary, reason=reason)


def _fixed(code: str, summary: str, reason: str) -> Rule:
    return Rule(code=code, severity=Severity.ERROR, exemptable=False, summary=summary, reason=reason)


CATEGORY_UNUSED: Final = _error(
    "category-unused",
    "A field holds a category of data that no activity uses for the people it is about.",
    "Data that nothing needs must not be held (Art. 5(1)(c)), and the notice says nothing of it.",
)
CATEGORY_UNHELD: Final = _error(
    "category-unheld",
    "An activity uses a category of data that no field holds.",
    "The notice would tell people of data that nobody has (Art. 5(1)(a)), or a model is not declared.",
)
ACTIVITY_UNUSED: Final = _error(
    "activity-unused",
    "No data set holds what an activity uses, of anybody it has a legal basis for.",
    "The record of processing would list what does not happen (Art. 30(1)), or a model is not declared.",
)
ROLE_UNCOVERED: Final = _error(
    "role-uncovered",
    "A data set concerns people in a role for whom no activity that uses it has a legal basis.",
    "Each person's data needs a legal basis of its own (Art. 6(1)): a contract covers its party alone.",
)
EVENT_UNKNOWN: Final = _error(
    "event-unknown",
    "Retention counts from an event whose day no data set of the activity knows.",
    "Such a period never ends, or never binds (Art. 5(1)(e)).",
)
EVENT_UNWORDED: Final = _error(
    "event-unworded",
    "An event that retention counts from is not written in every language of the controller.",
    "People must understand how long their data is kept (Art. 12(1), Art. 13(2)(a)).",
)
ANCHOR_UNUSED: Final = _warning(
    "anchor-unused",
    "A data set names the day of an event that no activity counts from.",
    "It is often a slip of the pen in the name of the event, on either side.",
)
INTEREST_UNASSESSED: Final = _error(
    "interest-unassessed",
    "An activity rests on a legitimate interest and does not say where the balancing test is kept.",
    "The controller must show that the interest is not overridden (Art. 5(2), Art. 6(1)(f)).",
)
CONTRACT_UNNAMED: Final = _warning(
    "contract-unnamed",
    "An activity rests on a contract and does not say which.",
    "People should know which agreement to end so that it stops (Art. 13(1)(c)).",
)
PROCESSOR_WITHOUT_AGREEMENT: Final = _error(
    "processor-without-agreement",
    "A processor receives data and no data processing agreement is named.",
    "A processor is bound by a contract (Art. 28(3)).",
)
MARKETING_WITHOUT_CHANNEL: Final = _error(
    "marketing-without-channel",
    "Direct marketing does not say by which channels, and under which condition each.",
    "E-mail and SMS need consent or an existing customer, telephone and post a look at the reservation register.",
)
DECISION_WITHOUT_HUMAN: Final = _error(
    "decision-without-human",
    "An activity assesses people's creditworthiness and names no human who decides.",
    "Nobody is subject to a decision that is based solely on automated means (Art. 22).",
)
WORDING_MISSING: Final = _error(
    "wording-missing",
    "A text that people read is not written in every language of the controller.",
    "Information is given in a language that people understand (Art. 12(1)).",
)
IDENTIFIER_KIND_UNKNOWN: Final = _warning(
    "identifier-kind-unknown",
    "A field identifies people by a kind of identifier that nothing leads to.",
    "Nobody can be found by it: it is neither a kind of the library nor marked as verified in any data set.",
)
TABLE_UNDECLARED: Final = _error(
    "table-undeclared",
    "A table has a column that looks like personal data, or a declared model, and is of none of the models given.",
    "What is not declared is in no copy and no erasure (Art. 15, Art. 17).",
)
COLUMN_UNDECLARED: Final = _error(
    "column-undeclared",
    "The table of a declared model has a column that looks like personal data and that the model does not have.",
    "What the model does not read is in no copy and no erasure (Art. 15, Art. 17).",
)
FIELD_UNMARKED_LIKELY: Final = _error(
    "field-unmarked-likely",
    "A field is marked as not personal, and its name says personal data.",
    "A field that is left out is in no copy and no erasure (Art. 15, Art. 17).",
)
PLAINTEXT_OVERDUE: Final = _error(
    "plaintext-overdue",
    "The last day has passed on which a sealed field reads values that were never sealed.",
    "They do not open any more, and as long as they lie there they are not protected (Art. 32(1)(a)).",
)
LOCK_MISSING: Final = _error(
    "lock-missing",
    "There is no snapshot of the data map to compare with.",
    "With a committed snapshot, every change of personal data is visible in review.",
)
DRIFT_ADDED: Final = _fixed(
    "drift-added",
    "Something is declared that the snapshot of the data map does not have.",
    "A change of personal data is looked at before it is merged.",
)
DRIFT_REMOVED: Final = _fixed(
    "drift-removed",
    "Something that the snapshot of the data map has is declared no more.",
    "A change of personal data is looked at before it is merged.",
)
DRIFT_CHANGED: Final = _fixed(
    "drift-changed",
    "Something is declared otherwise than in the snapshot of the data map.",
    "A change of personal data is looked at before it is merged.",
)
DRIFT_LOCKS_OUT: Final = _fixed(
    "drift-locks-out",
    "What sealed values are bound to is declared otherwise than in the snapshot, so those that are stored do not open.",
    "Data that nobody can open any more is lost (Art. 5(1)(f), Art. 32(1)(b)).",
)
EXEMPTION_STALE: Final = _fixed(
    "exemption-stale",
    "An exemption silences nothing.",
    "It would silence what comes later and was never looked at.",
)
EXEMPTION_UNREASONED: Final = _fixed(
    "exemption-unreasoned",
    "An exemption gives no reason.",
    "Whoever reads it later must be able to judge whether it still holds.",
)


def _declarations(error: type[DeclarationError]) -> Iterator[Rule]:
    yield _fixed(
        error.code,
        (error.__doc__ or "").partition("\n")[0],
        "The library refuses a declaration that leaves out what the law needs; see the page of errors.",
    )
    for narrower in error.__subclasses__():
        if narrower.__module__ == errors.__name__:
            yield from _declarations(narrower)


RULES: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        rule.code: rule
        for rule in (
            *(value for value in list(vars().values()) if isinstance(value, Rule)),
            *_declarations(DeclarationError),
        )
    }
)
"""Every rule, by its code: those of the checks, then the errors of declarations."""
