"""The subject index: which SubjectRef a service gave the person behind an identifier."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from threading import Lock
from typing import Protocol

from attrs import frozen

from sectorprivacy.errors import PersonErased
from sectorprivacy.ledger._groups import GroupEnds, Groups, MemoryGroups, People
from sectorprivacy.ledger._tokens import IndexKey, TombstoneKey
from sectorprivacy.ledger._tombstones import Tombstones
from sectorprivacy.vocabulary import SubjectRef

Pair = tuple[str, str]
"""Kind and value of an identifier."""


class SubjectTokens(Protocol):
    """Durable map from 32-byte tokens, made by an IndexKey, to references. It never sees an identifier."""

    def refs(self, tokens: Collection[bytes]) -> Mapping[bytes, SubjectRef]:
        """The references that exist; a token nobody has is left out."""
        ...

    def mint(self, proposed: Mapping[bytes, SubjectRef]) -> Mapping[bytes, SubjectRef]:
        """The reference of every token: the one that stands, else the proposed one, which stands from now on."""
        ...

    def forget(self, refs: Collection[SubjectRef]) -> None:
        """Drop every token of these references."""
        ...


class SubjectIndex(SubjectTokens, Groups, GroupEnds, Protocol):
    """Who is who, and who owns records together."""


class MemorySubjectIndex(MemoryGroups):
    """A subject index that lasts as long as the process."""

    def __init__(self) -> None:
        super().__init__()
        self._refs: dict[bytes, SubjectRef] = {}
        self._lock = Lock()

    def refs(self, tokens: Collection[bytes]) -> Mapping[bytes, SubjectRef]:
        """The references that exist."""
        with self._lock:
            return {token: self._refs[token] for token in tokens if token in self._refs}

    def mint(self, proposed: Mapping[bytes, SubjectRef]) -> Mapping[bytes, SubjectRef]:
        """The reference of every token, existing or new."""
        with self._lock:
            return {token: self._refs.setdefault(token, ref) for token, ref in proposed.items()}

    def forget(self, refs: Collection[SubjectRef]) -> None:
        """Drop every token of these references."""
        gone = frozenset(refs)
        with self._lock:
            self._refs = {token: ref for token, ref in self._refs.items() if ref not in gone}


@frozen
class _Acquainted:
    """A subject index in front of another, which remembers what some tokens were found to be, and some groups."""

    index: SubjectIndex
    asked: Collection[bytes]
    found: Mapping[bytes, SubjectRef]
    formed: Mapping[People, SubjectRef]

    def refs(self, tokens: Collection[bytes]) -> Mapping[bytes, SubjectRef]:
        remembered = {token: self.found[token] for token in tokens if token in self.found}
        unasked = [token for token in tokens if token not in self.asked]
        return remembered | dict(self.index.refs(unasked)) if unasked else remembered

    def mint(self, proposed: Mapping[bytes, SubjectRef]) -> Mapping[bytes, SubjectRef]:
        return self.index.mint(proposed)

    def forget(self, refs: Collection[SubjectRef]) -> None:
        self.index.forget(refs)

    def form(self, proposed: Mapping[People, SubjectRef]) -> Mapping[People, SubjectRef]:
        remembered = {people: self.formed[people] for people in proposed if people in self.formed}
        unasked = {people: group for people, group in proposed.items() if people not in remembered}
        return remembered | dict(self.index.form(unasked)) if unasked else remembered

    def members(self, groups: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        return self.index.members(groups)

    def joined(self, people: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        return self.index.joined(people)

    def leave(self, people: Collection[SubjectRef]) -> None:
        self.index.leave(people)

    def abandoned(self) -> Collection[SubjectRef]:
        return self.index.abandoned()

    def disband(self, groups: Collection[SubjectRef]) -> None:
        self.index.disband(groups)


class Subjects:
    """The people a service knows, by kind and value of their identifiers.

    Each call takes a fixed number of statements, however many pairs it is given.

    Args:
        index: Where references are kept, by token.
        tombstones: Who was erased, by token of another key.
        index_key: Makes the tokens of the index.
        tombstone_key: Makes the tokens of the tombstones.
    """

    def __init__(
        self, index: SubjectIndex, tombstones: Tombstones, *, index_key: IndexKey, tombstone_key: TombstoneKey
    ) -> None:
        self._index = index
        self._tombstones = tombstones
        self._index_key = index_key
        self._tombstone_key = tombstone_key

    def find(self, kind: str, value: str) -> SubjectRef | None:
        """The person's reference, or None for somebody unknown."""
        return self.known([(kind, value)]).get((kind, value))

    def known(self, pairs: Iterable[Pair]) -> Mapping[Pair, SubjectRef]:
        """The references of those pairs that are known; the others are left out."""
        tokens = self._index_tokens(pairs)
        found = self._index.refs(tokens.values())
        return {pair: found[token] for pair, token in tokens.items() if token in found}

    def acquainted(self, pairs: Iterable[Pair], together: Iterable[frozenset[Pair]] = ()) -> Subjects:
        """The same people, with these pairs looked up now: one statement for a page, not one at every value of it.

        Args:
            pairs: The pairs; what was found out about them is as old as this call.
            together: Those of them that own a record together; their groups are looked up in one more statement.
        """
        tokens = self._index_tokens(pairs)
        found = self._index.refs(tokens.values())
        known = {pair: found[token] for pair, token in tokens.items() if token in found}
        owners = {frozenset(known[pair] for pair in each if pair in known) for each in together}
        return Subjects(
            _Acquainted(self._index, frozenset(tokens.values()), found, self._formed(owners)),
            self._tombstones,
            index_key=self._index_key,
            tombstone_key=self._tombstone_key,
        )

    def ref(self, kind: str, value: str) -> SubjectRef:
        """The person's reference, minted where they are new.

        Raises:
            PersonErased: They were erased here (Art. 17).
        """
        return self.refs([(kind, value)])[kind, value]

    def refs(self, pairs: Iterable[Pair]) -> Mapping[Pair, SubjectRef]:
        """The reference of every pair, minted for those that are new.

        Raises:
            PersonErased: One of them was erased here (Art. 17); `erased` says which.
        """
        tokens = self._index_tokens(pairs)
        found = dict(self._index.refs(tokens.values()))
        minted = {token: SubjectRef.mint() for token in tokens.values() if token not in found}
        if minted:
            found |= self._index.mint(minted)
        # Asked last: an erasure adds its tombstones before it forgets, so whoever minted in between sees them here.
        if erased := self.erased(tokens):
            again = {tokens[pair] for pair in erased} & minted.keys()
            self._index.forget([minted[token] for token in again if found[token] == minted[token]])
            raise PersonErased
        return {pair: found[token] for pair, token in tokens.items()}

    def together(self, owners: Collection[frozenset[Pair]]) -> Mapping[frozenset[Pair], SubjectRef]:
        """Under whose keys records are sealed: their owner's, or those of the group of all their owners.

        Args:
            owners: For each record the pairs that name its owners, one pair for each of them, at least one.

        Raises:
            PersonErased: One of them was erased here (Art. 17).
        """
        pairs = {pair for each in owners for pair in each}
        refs = self.refs(pairs)
        people = {each: frozenset(refs[pair] for pair in each) for each in owners}
        groups = self._formed(people.values())
        # Asked last, as in `refs`: an erasure sets its tombstones before it takes people out of their groups.
        if groups and (erased := self.erased(pairs)):
            self._index.leave([refs[pair] for pair in erased])
            raise PersonErased
        return {each: groups.get(those) or next(iter(those)) for each, those in people.items()}

    def group(self, people: People) -> SubjectRef:
        """The group of these people, formed where there is none; somebody alone is their own."""
        return self._formed([people]).get(people) or next(iter(people))

    def members(self, refs: Collection[SubjectRef]) -> Mapping[SubjectRef, People]:
        """Who is left in each group; somebody who is no group is alone in it."""
        left = self._index.members(refs)
        return {ref: left.get(ref, frozenset((ref,))) for ref in refs}

    def left_to(self, people: Collection[SubjectRef]) -> frozenset[SubjectRef]:
        """The groups in which nobody but these people is left."""
        these = frozenset(people)
        return frozenset(group for group, members in self._index.joined(these).items() if members <= these)

    def leave(self, people: Collection[SubjectRef]) -> None:
        """Take people out of all their groups: what they owned with others is the others' alone."""
        self._index.leave(people)

    def abandoned(self) -> Collection[SubjectRef]:
        """The groups that everybody left, until they are disbanded: their keys are to be destroyed."""
        return self._index.abandoned()

    def disband(self, groups: Collection[SubjectRef]) -> None:
        """Drop abandoned groups, once their keys are destroyed."""
        self._index.disband(groups)

    def erased(self, pairs: Iterable[Pair]) -> frozenset[Pair]:
        """Those pairs that belong to people erased here."""
        tokens = {pair: self._tombstone_key.token(*pair) for pair in pairs}
        standing = self._tombstones.among(tokens.values())
        return frozenset(pair for pair, token in tokens.items() if token in standing)

    def erase(self, refs: Collection[SubjectRef], pairs: Iterable[Pair]) -> None:
        """Set a tombstone for every pair, then forget the references and take them out of their groups.

        Safe to repeat after a crash in between.

        Args:
            refs: The person's references; a person of whom the law keeps something still needs theirs: give none.
            pairs: The identifiers that may not be registered again.
        """
        self._tombstones.add({self._tombstone_key.token(*pair) for pair in pairs})
        self._index.leave(refs)
        self._index.forget(refs)

    def _formed(self, sets: Iterable[People]) -> Mapping[People, SubjectRef]:
        several = {each: SubjectRef.mint() for each in sets if len(each) > 1}
        return self._index.form(several) if several else {}

    def _index_tokens(self, pairs: Iterable[Pair]) -> dict[Pair, bytes]:
        return {pair: self._index_key.token(*pair) for pair in pairs}
