"""Messages as bytes, requests and responses as values: strict in, one spelling out."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from sectorprivacy.errors import ProtocolError, SignatureInvalid
from sectorprivacy.rights.protocol import (
    PAGE_LIMIT,
    ExportPage,
    ExportTask,
    FindTask,
    HttpRequest,
    HttpResponse,
    Message,
    Problem,
    Record,
    check_content_digest,
    content_digest,
    read_message,
    read_page,
    sha256_field,
    task_path,
    write_message,
    write_page,
)
from sectorprivacy.vocabulary import Identifier, Period, SubjectRef

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def page(count: int = 2) -> ExportPage:
    records = tuple(
        Record(key=(f"i{n}",), roles=("customer",), fields={"text": f"line\n{n} \u2028 å", "size": n})
        for n in range(count)
    )
    return ExportPage(task=uuid4(), ref=SubjectRef.mint(), dataset="crm.customer", records=records, next="abc")


def test_a_message_comes_back_equal():
    """What was written is what is read, also times, references and enumerations."""
    who = (Identifier(kind="email", value="a@b.no", period=Period(start=MOMENT)),)
    for message in (
        FindTask(task=uuid4(), case=uuid4(), who=who),
        ExportTask(task=uuid4(), case=uuid4(), ref=SubjectRef.mint()),
    ):
        assert read_message(type(message), write_message(message)) == message


def test_a_page_comes_back_equal():
    """A page survives the lines it is written as, whatever line ends stand in its values."""
    sent = page()
    assert read_page(write_page(sent)) == sent
    assert write_page(sent).count(b"\n") == 3
    empty = page(0)
    assert read_page(write_page(empty)) == empty


@pytest.mark.parametrize("cut", [1, 5, 80])
def test_a_page_that_was_cut(cut: int):
    """A page without its end is refused, and never taken for a shorter one."""
    with pytest.raises(ProtocolError):
        read_page(write_page(page())[:-cut])


def test_a_page_with_too_many_records():
    """No more records are read than a page may have."""
    assert len(read_page(write_page(page(PAGE_LIMIT))).records) == PAGE_LIMIT
    with pytest.raises(ProtocolError):
        read_page(write_page(page(PAGE_LIMIT + 1)))


@pytest.mark.parametrize(
    "value",
    [
        '"\\ud800"',
        "NaN",
        "-Infinity",
        "1e999",
        "1" * 5000,
        '{"a":1,"a":2}',
        '{"a":1,"\\u0061":2}',
        '"\x01"',
        "01",
        "'a'",
        "[" * 33 + "]" * 33,
        "[" * 100000,
        '"' + '\\"' * 100000,
        "1,",
        "/**/1",
        "",
    ],
)
def test_values_that_are_not_read(value: str):
    """What two parsers could read differently, or what costs too much, is refused before anybody looks at it."""
    with pytest.raises(ProtocolError) as refusal:
        read_message(Record, f'{{"key":["i1"],"roles":["customer"],"fields":{{"text":{value}}}}}'.encode())
    assert refusal.value.problem == "bad_message"
    assert value[:20] not in str(refusal.value) or not value
    assert refusal.value.__cause__ is None


@pytest.mark.parametrize("value", ['"\\ud83d\\ude00"', "1.5e3", "[[[[null]]]]", '{"[":"]]]]]"}', '"\\\\"', "true"])
def test_values_that_are_read(value: str):
    """Strictness stops at what JSON means: escapes, brackets within strings and nesting are fine."""
    read_message(Record, f'{{"key":["i1"],"roles":["customer"],"fields":{{"text":{value}}}}}'.encode())


@pytest.mark.parametrize(
    "body", [b'{"key":["i1"],"roles":["c"],"fields":{},"more":1}', b'{"key":["i1"],"roles":["c"]}', b"\xef\xbb\xbf{}"]
)
def test_members_are_exactly_those_declared(body: bytes):
    """A member too many or too few refuses the message."""
    with pytest.raises(ProtocolError):
        read_message(Record, body)


def test_types_are_not_guessed():
    """A number in quotation marks is not a number."""

    class Counted(Message):
        count: int

    assert read_message(Counted, b'{"count":5}').count == 5
    for body in (b'{"count":"5"}', b'{"count":5.0}', b'{"count":true}'):
        with pytest.raises(ProtocolError):
            read_message(Counted, body)


def test_digest_has_one_spelling():
    """RFC 9530, appendix D: the digest of an example, and nothing but it."""
    body = b'{"hello": "world"}\n'
    field = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
    assert content_digest(body) == ("content-digest", field)
    check_content_digest(HttpResponse(status=200, headers=(("content-digest", field),)), body)
    for wrong in (field.replace("sha-256", "SHA-256"), field + ", sha-512=:AA==:", field[:-2] + ":", "", f" {field}"):
        with pytest.raises(SignatureInvalid):
            check_content_digest(HttpResponse(status=200, headers=(("content-digest", wrong),)), body)
    with pytest.raises(SignatureInvalid):
        check_content_digest(HttpResponse(status=200), body)
    with pytest.raises(SignatureInvalid):
        check_content_digest(HttpResponse(status=200, headers=(("content-digest", "æ"),)), body)


def test_empty_bodies_have_a_digest():
    """An empty body is a body: nobody can slip one in."""
    assert content_digest(b"")[1] == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
    assert sha256_field(bytes(32)).startswith("sha-256=:AAAA")


def test_header_lines_are_joined():
    """Two lines of one field are one value, so that a second line cannot hide."""
    request = HttpRequest(method="GET", base_url="http://a", target="/x", headers=(("a", "1"), ("b", "2"), ("a", "3")))
    assert request.header("a") == "1, 3"
    assert request.header("c") is None
    assert request.url == "http://a/x"


def test_paths():
    """A path holds an operation, random ids and nothing else; no personal value has a place in it."""
    task = UUID("00000000-0000-0000-0000-000000000001")
    assert task_path("export", task) == f"/privacy/v1/export/{task}"
    assert task_path("export", task, "blobs", "x") == f"/privacy/v1/export/{task}/blobs/x"


def test_a_problem_says_code_and_retry():
    """A problem document is closed: a code, and when asking again helps."""
    from http import HTTPStatus

    problem = Problem.of(HTTPStatus.CONFLICT, "other_body", "human")
    assert read_message(Problem, write_message(problem)) == problem
    for body in (b'{"title":"x","status":409,"code":"A sentence."}', b'{"title":"x","status":200,"code":"a"}'):
        with pytest.raises(ProtocolError):
            read_message(Problem, body)
