"""What marks say of sealing, held against the type of their field and the keys of the company."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sectorprivacy.annotations._fields import FieldMap
from sectorprivacy.annotations._marks import Personal
from sectorprivacy.encryption import BlindIndex, Codec, KeyProvider, LocalKeyring
from sectorprivacy.errors import InvalidDeclaration, LeakageRefused, report_together
from sectorprivacy.vocabulary import categories

# Bytes that any value of a codec may take; of the others nobody knows how long their values are.
_LENGTHS: Final[Mapping[Codec, int]] = {Codec.BOOL: 1, Codec.DATE: 10, Codec.DATETIME: 27}


def check_sealing(personal: Personal, codec: Codec | None, where: str) -> None:
    """Refuse what a mark says of sealing and its field cannot do.

    Args:
        personal: The mark.
        codec: How the values of its field are sealed; None for a field in the clear.
        where: Model and path of the field.

    Raises:
        InvalidDeclaration: The field is in the clear, or its type does not go with the index or the padding.
        LeakageRefused: The index would tell true from false, and nobody accepted it.
    """
    if codec is None:
        _refuse_in_the_clear(personal, where)
        return
    if personal.index is not None:
        _check_index(personal.index, codec, where)
    if personal.padding and personal.padding[-1] <= (length := _LENGTHS.get(codec, 0)):
        raise InvalidDeclaration(
            where=where,
            problem=f"its padding is too small: a {codec.name.lower()} takes {length} bytes, and padding one more",
            instead=f"Let the largest size be {length + 1} or more",
        )


def _refuse_in_the_clear(personal: Personal, where: str) -> None:
    said = {"index": personal.index, "padding": personal.padding, "plaintext_until": personal.plaintext_until}
    if names := [name for name, value in said.items() if value]:
        raise InvalidDeclaration(
            where=where,
            problem=f"it says {', '.join(names)}, yet it is not sealed",
            instead=f"Declare its type as Sealed[...], or leave {' and '.join(names)} out",
        )


def _check_index(index: BlindIndex, codec: Codec, where: str) -> None:
    if not index.normaliser.takes(codec):
        raise InvalidDeclaration(
            where=where,
            problem=f"the normaliser {index.normaliser.value} does not take values of the codec {codec.name.lower()}",
            instead='Use "exact-1", which takes all but JSON, or seal what is searched in a field of its own',
        )
    if codec is Codec.BOOL and index.accepted is None:
        raise LeakageRefused(where=where, why="the more frequent token is the more frequent of true and false")


def refuse_local_index(field_maps: Iterable[FieldMap], provider: KeyProvider) -> None:
    """Refuse blind indexes of identity numbers whose key lies in a local keyring.

    There are so few identity numbers that whoever gets the index key tries them all in minutes. So that key stays in a
    key service or in hardware, unless somebody accepted it: `BlindIndex(..., accepted=REASON)`.

    Args:
        field_maps: Marks of the models.
        provider: What keeps the root keys.

    Raises:
        LeakageRefused: One such field.
        DeclarationsInvalid: Several.
    """
    if not isinstance(provider, LocalKeyring):
        return
    report_together(
        LeakageRefused(
            where=f"{field_map.id}.{field.id}",
            why="identity numbers are few, and the index key is kept in a local keyring",
        )
        for field_map in field_maps
        for field in field_map.fields
        if field.category.within(categories.NATIONAL_ID) and field.index is not None and field.index.accepted is None
    )
