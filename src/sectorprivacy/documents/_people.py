"""Whose data a data map holds, what of theirs, and whether it comes from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from sectorprivacy.documents._data_map import DataMap, DataSetEntry, FieldEntry
from sectorprivacy.vocabulary import Relation, Source

_NOT_FROM_THE_PERSON = frozenset({Source.THIRD_PARTY, Source.DERIVED})


@frozen
class Held:
    """A field as it concerns people in one role.

    Args:
        role: Id of the role.
        dataset: The data set it stands in.
        field: The field.
    """

    role: str
    dataset: DataSetEntry
    field: FieldEntry

    @property
    def owned(self) -> bool:
        """Whether the record is theirs, rather than one of somebody else in which they appear."""
        return self.role in owners_of(self.dataset)

    @property
    def obtained_elsewhere(self) -> bool:
        """Whether it was not obtained from the person: others named them, or it comes from somebody else (Art. 14)."""
        return not self.owned or self.field.source in _NOT_FROM_THE_PERSON


def held(data_map: DataMap) -> Iterator[Held]:
    """Every field of the data map, once for each role it concerns."""
    for dataset in data_map.datasets:
        for field in dataset.fields:
            for role in sorted(_concerned(dataset, field)):
                yield Held(role, dataset, field)


def obtained_elsewhere(every: Sequence[Held]) -> list[Held]:
    """What was not obtained from the people it concerns (Art. 14).

    What stands about somebody in a record of others, and in one of their own as well, says nothing they do not know
    (Art. 14(5)(a)): a customer's number on the record of whoever pays for them, say.
    """
    own = {(each.role, each.field.category) for each in every if not each.obtained_elsewhere}
    return [
        each
        for each in every
        if each.obtained_elsewhere and (each.owned or (each.role, each.field.category) not in own)
    ]


def lineages(data_map: DataMap) -> Mapping[str, frozenset[str]]:
    """Ids of a category of the data map and of every broader one, by its id."""
    broader = {word.id: word.under for word in data_map.categories}
    return {category: frozenset(_upwards(category, broader)) for category in broader}


def covering(data_map: DataMap) -> Mapping[str, frozenset[str]]:
    """Ids of the words by which an activity may use a category, by its id; as `Activity.may_use` has it."""
    protection = {word.id: word.protection for word in data_map.categories}
    return {
        category: frozenset(
            word for word in lineage if protection[category] is None or protection[word] is protection[category]
        )
        for category, lineage in lineages(data_map).items()
    }


def _upwards(category: str, broader: Mapping[str, str | None]) -> Iterator[str]:
    word: str | None = category
    while word is not None:
        yield word
        word = broader[word]


def owners_of(dataset: DataSetEntry) -> frozenset[str]:
    """Ids of the roles whose records the data set holds."""
    return frozenset(role for role, relation in dataset.relations.items() if relation is not Relation.APPEARS)


def _concerned(dataset: DataSetEntry, field: FieldEntry) -> frozenset[str]:
    """Whom a field concerns: whom it is about, else the owners; and whoever else may see it in a copy of theirs."""
    about = owners_of(dataset) if field.about is None else {field.about}
    return frozenset(about) | frozenset(field.shown_to or ())
