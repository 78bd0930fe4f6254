"""Tombstones: who was erased here, known by tokens alone, so that no late write or restored backup brings them back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol


class Tombstones(Protocol):
    """Durable set of 32-byte tokens made by a TombstoneKey."""

    def add(self, tokens: Collection[bytes]) -> None:
        """Keep the tokens; those that stand already stay as they are."""
        ...

    def among(self, tokens: Collection[bytes]) -> frozenset[bytes]:
        """Those of `tokens` that stand."""
        ...


class MemoryTombstones:
    """Tombstones that last as long as the process."""

    def __init__(self) -> None:
        self._tokens: set[bytes] = set()

    def add(self, tokens: Collection[bytes]) -> None:
        """Keep the tokens."""
        self._tokens.update(tokens)

    def among(self, tokens: Collection[bytes]) -> frozenset[bytes]:
        """Those of `tokens` that stand."""
        return frozenset(self._tokens.intersection(tokens))
