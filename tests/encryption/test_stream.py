"""Sealed streams: released piece by verified piece, in constant memory, in their own place alone."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest

from sectorprivacy.encryption import Codec, Keys, Place, SubjectKey, open_stream, seal, seal_stream
from sectorprivacy.errors import DecryptionError, KeyErased, NotSealed, ValueNotSealable
from sectorprivacy.vocabulary import RecordKey, SubjectRef

At = Callable[..., Place]
CHUNK = 16384


@pytest.fixture
def here(place: At) -> Place:
    return place(Codec.BYTES, field="recording")


def sealed(key: SubjectKey, place: Place, content: bytes) -> bytes:
    target = io.BytesIO()
    seal_stream(key, place, io.BytesIO(content), target)
    return target.getvalue()


def opened(keys: Keys | SubjectKey, place: Place, stream: bytes) -> bytes:
    return b"".join(open_stream(keys, place, io.BytesIO(stream)))


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 5 * CHUNK, 100_000])
def test_every_length_comes_back(keys: Keys, key: SubjectKey, here: Place, length: int) -> None:
    """The edges of chunks are where streams break."""
    content = bytes(number % 251 for number in range(length))
    stream = sealed(key, here, content)
    assert stream[:20] == b"SPS1" + key.kid
    assert len(stream) == length + 20 + 56 + 16 * (length // CHUNK + 1)
    assert opened(keys, here, stream) == content
    assert opened(key, here, stream) == content


def test_every_flipped_bit_of_the_ends_is_refused(keys: Keys, key: SubjectKey, here: Place) -> None:
    """Head, salt, commitment, first and last bytes: no single bit can be changed unnoticed."""
    stream = sealed(key, here, b"x" * 40)
    for bit in range(len(stream) * 8):
        changed = bytearray(stream)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionError):
            opened(keys, here, bytes(changed))


@pytest.mark.parametrize("length", [0, 3, 4, 19, 20, 75, 76, 90, CHUNK + 92, 2 * CHUNK + 107, 2 * CHUNK + 108])
def test_a_cut_stream_is_refused(keys: Keys, key: SubjectKey, here: Place, length: int) -> None:
    """A stream that ends early ends with an error, also at the edge of a chunk."""
    stream = sealed(key, here, b"x" * (2 * CHUNK + 1))
    with pytest.raises(DecryptionError):
        opened(keys, here, stream[:length])


def test_chunks_keep_their_order_and_number(keys: Keys, key: SubjectKey, here: Place) -> None:
    """Chunks that are exchanged, repeated or added are refused."""
    stream = sealed(key, here, b"x" * (3 * CHUNK))
    head, size = 76, CHUNK + 16
    one, two = stream[head : head + size], stream[head + size : head + 2 * size]
    rest = stream[head + 2 * size :]
    for body in (
        two + one + rest,
        one + one + two + rest,
        one + rest,
        one + two + rest + rest,
        one + two + rest + b"x",
    ):
        with pytest.raises(DecryptionError):
            opened(keys, here, stream[:head] + body)


def test_nothing_is_released_before_it_is_verified(keys: Keys, key: SubjectKey, here: Place) -> None:
    """A reader gets no byte of a chunk that was changed."""
    content = bytes(number % 251 for number in range(20 * CHUNK))
    stream = bytearray(sealed(key, here, content))
    stream[76 + 10 * (CHUNK + 16) + 5] ^= 1
    released = b""
    pieces = open_stream(keys, here, io.BytesIO(bytes(stream)))
    with pytest.raises(DecryptionError):  # noqa: PT012  what came before the error is the point
        for piece in pieces:
            released += piece
    assert released == content[: len(released)]
    assert len(released) <= 10 * CHUNK


@pytest.mark.parametrize(
    "changes",
    [
        {"field": "image"},
        {"record": RecordKey.of(8)},
        {"subject": SubjectRef(bytes(16))},
        {"tenant": "sector"},
        {"retention_class": "marketing"},
        {"version": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_stream_opens_in_its_own_place_only(
    keys: Keys, key: SubjectKey, place: At, here: Place, changes: dict[str, Any]
) -> None:
    """A recording moved to another call does not play."""
    stream = sealed(key, here, b"sound")
    with pytest.raises(DecryptionError):
        opened(keys, place(Codec.BYTES, **{"field": "recording", **changes}), stream)


def test_a_stream_is_no_cell_and_a_cell_no_stream(keys: Keys, key: SubjectKey, here: Place) -> None:
    """The two formats never stand for one another."""
    with pytest.raises(NotSealed):
        opened(keys, here, seal(key, here, b"x" * 100))
    with pytest.raises(NotSealed):
        keys.open(here, sealed(key, here, b"x"))


def test_a_shredded_person_s_streams_do_not_open(keys: Keys, key: SubjectKey, here: Place) -> None:
    """Destroying the key erases recordings and images too, wherever copies of them are (Art. 17)."""
    stream = sealed(key, here, b"sound")
    keys.shred(here.subject)
    with pytest.raises(KeyErased):
        open_stream(keys, here, io.BytesIO(stream))


def test_only_bytes_are_streamed_and_only_under_the_right_key(
    keys: Keys, key: SubjectKey, place: At, here: Place
) -> None:
    """A stream is bound like a cell of bytes; nothing else is accepted."""
    stream = sealed(key, here, b"sound")
    with pytest.raises(DecryptionError):
        opened(keys, place(field="recording"), stream)
    for wrong_key, wrong_place in ((key, place()), (keys.for_sealing(here.subject, "marketing"), here)):
        with pytest.raises(ValueNotSealable):
            sealed(wrong_key, wrong_place, b"x")


def test_memory_does_not_grow_with_the_length(key: SubjectKey, here: Place) -> None:
    """An hour of sound takes no more memory than a second of it."""

    class Endless(io.RawIOBase):
        """As many zeros as asked for, made when they are read."""

        left = 8 * 1024 * 1024

        def read(self, size: int = -1) -> bytes:
            piece = bytes(min(size, self.left))
            self.left -= len(piece)
            return piece

    def into(target: BinaryIO) -> None:
        seal_stream(key, here, Endless(), target)  # type: ignore[arg-type]

    class Sink(io.RawIOBase):
        def write(self, _: Any) -> int:
            return 0

    tracemalloc.start()
    into(Sink())  # type: ignore[arg-type]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1024 * 1024
