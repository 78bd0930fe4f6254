"""Sealed streams: released piece by verified piece, in constant memory, in their own place alone."""

from __future__ import annotations

import asyncio
import io
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from sectorprivacy.encryption import (
    Codec,
    Keys,
    LocalKeyring,
    MemoryKeyStore,
    Place,
    StreamHead,
    SubjectKey,
    off_loop,
    open_range,
    open_stream,
    seal,
    seal_stream,
)
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


def test_every_flipped_bit_of_the_ends_is_refused(key: SubjectKey, here: Place) -> None:
    """Head, salt, commitment, first and last bytes: no single bit can be changed unnoticed."""
    stream = sealed(key, here, b"x" * 40)
    for bit in range(len(stream) * 8):
        changed = bytearray(stream)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionError):
            opened(key, here, bytes(changed))


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


LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"


def from_its_parts(key: SubjectKey, place: Place, salt: bytes, content: bytes) -> bytes:
    """The stream that another implementation writes from HKDF and AES-GCM alone."""
    context = b"SPS1" + key.kid + place.associated_data(0)
    derived = HKDFExpand(SHA512(), 76, LABEL + salt + context).derive(key.stream_key)
    cipher, first = AESGCM(derived[:32]), int.from_bytes(derived[32:44], "big")
    chunks = [
        cipher.encrypt((first ^ number).to_bytes(12, "big"), content[start : start + CHUNK], None)
        for number, start in enumerate(range(0, len(content) + 1, CHUNK))
    ]
    return b"".join((b"SPS1", key.kid, salt, derived[44:], *chunks))


@pytest.mark.parametrize("length", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_stream_is_what_its_parts_give(key: SubjectKey, here: Place, length: int) -> None:
    """The stream of the specification, byte for byte: where cryptography has no Cobblestone, its parts will do."""
    content = bytes(number % 251 for number in range(length))
    stream = sealed(key, here, content)
    assert from_its_parts(key, here, stream[20:44], content) == stream


class Watched(io.BytesIO):
    """A file that remembers which of its bytes were read."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.seen: list[tuple[int, int]] = []

    def read(self, size: int | None = -1, /) -> bytes:
        at, data = self.tell(), super().read(size)
        self.seen.append((at, at + len(data)))
        return data


RANGES = [
    (0, 0),
    (0, 1),
    (0, CHUNK),
    (CHUNK - 1, 2),
    (CHUNK, CHUNK),
    (5, 3 * CHUNK),
    (3 * CHUNK, 10),
    (3 * CHUNK + 7, 100),
    (3 * CHUNK + 10, 5),
    (10 * CHUNK, 5),
    (17, None),
]


@pytest.mark.parametrize(("start", "length"), RANGES)
@pytest.mark.parametrize("size", [0, 1, CHUNK, 3 * CHUNK, 3 * CHUNK + 10])
def test_a_range_is_the_part_of_the_whole(
    keys: Keys, key: SubjectKey, here: Place, size: int, start: int, length: int | None
) -> None:
    """Seeking in a recording gives what playing it would have given there, and nothing beyond its end."""
    content = bytes(number % 251 for number in range(size))
    found = b"".join(open_range(keys, here, io.BytesIO(sealed(key, here, content)), start, length))
    assert found == content[start : None if length is None else start + length]


def test_a_range_reads_the_ends_and_its_own_chunks(keys: Keys, key: SubjectKey, here: Place) -> None:
    """Seeking in an hour of sound does not read an hour of sound."""
    source = Watched(sealed(key, here, bytes(20 * CHUNK)))
    assert len(b"".join(open_range(keys, here, source, 10 * CHUNK + 5, CHUNK))) == CHUNK
    body, size = 76, CHUNK + 16
    assert source.seen == [
        (0, 20),
        (20, 76),
        (body + 20 * size, body + 20 * size + 16),
        (body + 10 * size, body + 11 * size),
        (body + 11 * size, body + 12 * size),
    ]


def test_a_range_of_a_stream_inside_a_file(keys: Keys, key: SubjectKey, here: Place) -> None:
    """The stream begins where the file stands: it may lie in a container."""
    source = io.BytesIO(b"other bytes" + sealed(key, here, b"sound"))
    source.seek(11)
    assert b"".join(open_range(key, here, source, 1, 3)) == b"oun"


def test_a_stream_whose_head_was_read_goes_on_behind_it(keys: Keys, key: SubjectKey, here: Place) -> None:
    """Whose a stream is has to be known before it is opened, and a source may be read only once."""
    stream = sealed(key, here, b"sound")
    source = io.BytesIO(stream)
    head = StreamHead.read(source)
    assert head.kid == key.kid
    assert b"".join(open_stream(keys, here, source, head=head)) == b"sound"
    source.seek(0)
    assert b"".join(open_range(keys, here, source, 1, 3, head=StreamHead.read(source))) == b"oun"


@pytest.mark.parametrize(
    ("head", "error"), [(b"", NotSealed), (b"RIFF" + bytes(16), NotSealed), (b"SPS1" + bytes(15), DecryptionError)]
)
def test_what_has_no_head_is_no_stream(head: bytes, error: type[DecryptionError]) -> None:
    """Another file is told from a sealed one that was cut."""
    with pytest.raises(DecryptionError) as refused:
        StreamHead.read(io.BytesIO(head))
    assert type(refused.value) is error


@pytest.mark.parametrize("cut", [1, 16, 17, CHUNK + 16, CHUNK + 17, 3 * CHUNK + 48, 3 * CHUNK + 100])
def test_a_range_of_a_cut_stream_is_refused_before_anything_is_released(
    keys: Keys, key: SubjectKey, here: Place, cut: int
) -> None:
    """The last chunk is verified first: a lost end is noticed although the beginning is asked for."""
    stream = sealed(key, here, bytes(3 * CHUNK + 1))
    with pytest.raises(DecryptionError):
        open_range(keys, here, io.BytesIO(stream[:-cut]), 0, 1)


def test_a_range_is_verified_chunk_by_chunk(keys: Keys, key: SubjectKey, here: Place) -> None:
    """A changed or exchanged chunk is refused where it is asked for; what is not asked for is not looked at."""
    stream, size = sealed(key, here, bytes(CHUNK) + b"x" * CHUNK + bytes(CHUNK) + b"end"), CHUNK + 16
    chunks = [stream[76 + number * size : 76 + (number + 1) * size] for number in range(4)]
    for body in (
        [chunks[0], chunks[2], chunks[1], chunks[3]],
        [chunks[0], chunks[0], chunks[2], chunks[3]],
        [chunks[0], chunks[1][:-1] + bytes((chunks[1][-1] ^ 1,)), chunks[2], chunks[3]],
    ):
        changed = stream[:76] + b"".join(body)
        with pytest.raises(DecryptionError):
            list(open_range(keys, here, io.BytesIO(changed), CHUNK, 1))
        assert list(open_range(keys, here, io.BytesIO(changed), 0, 2)) == [bytes(2)]
    for body in ([*chunks[:2], chunks[3]], [*chunks[:3], chunks[2], chunks[3]]):
        with pytest.raises(DecryptionError):
            open_range(keys, here, io.BytesIO(stream[:76] + b"".join(body)), 0, 1)


def test_every_flipped_bit_of_the_header_is_refused_for_a_range(key: SubjectKey, here: Place) -> None:
    """Salt and commitment decide which key opens the chunks; neither can be changed, nor the only chunk."""
    stream = sealed(key, here, b"x" * 20)
    for bit in range(len(stream) * 8):
        changed = bytearray(stream)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(DecryptionError):
            open_range(key, here, io.BytesIO(bytes(changed)), 0, 1)


def test_a_range_opens_in_its_own_place_only(keys: Keys, key: SubjectKey, place: At, here: Place) -> None:
    """A part is bound as the whole is."""
    stream = sealed(key, here, b"sound")
    with pytest.raises(DecryptionError):
        open_range(keys, place(Codec.BYTES, field="image"), io.BytesIO(stream), 0, 1)
    with pytest.raises(NotSealed):
        open_range(keys, here, io.BytesIO(b"RIFF" + stream), 0, 1)
    for start, length in ((-1, 1), (0, -1)):
        with pytest.raises(ValueError, match="negative"):
            open_range(keys, here, io.BytesIO(stream), start, length)


def test_streams_leave_the_event_loop(here: Place) -> None:
    """While a recording is opened, other requests are answered; finding its key does not block either."""
    store, provider = MemoryKeyStore(), LocalKeyring.in_memory()
    writer, reader = (Keys(here.tenant, store=store, provider=provider) for _ in range(2))
    content = bytes(100 * CHUNK)
    stream = sealed(writer.for_sealing(here.subject, "contract"), here, content)
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def play() -> bytes:
        waiting = asyncio.create_task(others())
        pieces = [piece async for piece in off_loop(lambda: open_stream(reader, here, io.BytesIO(stream)), together=2)]
        waiting.cancel()
        return b"".join(pieces)

    assert asyncio.run(play()) == content
    assert turns > 5


def test_what_goes_wrong_off_the_loop_is_told(keys: Keys, key: SubjectKey, here: Place) -> None:
    """An error in the worker thread reaches the caller as it is, and nothing follows it."""
    stream = sealed(key, here, bytes(CHUNK))
    got: list[bytes] = []

    async def play(data: bytes) -> None:
        async for piece in off_loop(lambda: open_stream(keys, here, io.BytesIO(data))):
            got.append(piece)  # noqa: PERF401  what came before the error is the point

    for wrong, error in ((stream[:-1], DecryptionError), (b"RIFF", NotSealed)):
        with pytest.raises(error):
            asyncio.run(play(wrong))
    assert got == []


class Endless(io.RawIOBase):
    """As many zeros as asked for, made when they are read."""

    def __init__(self, left: int) -> None:
        self.left = left

    def read(self, size: int = -1) -> bytes:
        piece = bytes(min(size, self.left))
        self.left -= len(piece)
        return piece


class Sink(io.RawIOBase):
    """Forgets what is written."""

    def write(self, data: Any) -> int:
        return len(data)


def peak_of(work: Callable[[], object]) -> int:
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_length(key: SubjectKey, here: Place, tmp_path: Path) -> None:
    """An hour of sound takes no more memory than a second of it: sealed, opened, and sought in."""
    peaks: list[list[int]] = []
    for size in (2**20, 2**24):
        path = tmp_path / str(size)

        def write(size: int = size, path: Path = path) -> None:
            with path.open("wb") as target:
                seal_stream(key, here, Endless(size), target)  # type: ignore[arg-type]

        def read(opening: Callable[[BinaryIO], Iterator[bytes]], path: Path = path) -> None:
            with path.open("rb") as source:
                Sink().writelines(opening(source))

        peaks.append(
            [
                peak_of(write),
                peak_of(lambda: read(lambda source: open_stream(key, here, source))),
                peak_of(lambda: read(lambda source: open_range(key, here, source, 1, None))),
            ]
        )
    for short, long in zip(*peaks, strict=True):
        assert long < short + 65_536
        assert long < 2**20
