"""Answers are packed as the caller asks, for the API and for pages; streams are not held up."""

import gzip
import zlib
from concurrent.futures import ThreadPoolExecutor

import anyio
import brotli
import pytest
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.testclient import TestClient

from waybell.web.compression import Compression

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "deflate": zlib.decompress}
LONG = "Blue Harbour Cafe. " * 20_000


def raw(client, path, encoding, **headers):
    with client.stream("GET", path, headers={"Accept-Encoding": encoding, **headers}) as answer:
        return answer, b"".join(answer.iter_raw())


@pytest.mark.parametrize("encoding", UNPACK)
def test_the_api_packs_its_answers(api, encoding):
    plain, whole = raw(api, "/api/EventType", "identity")
    answer, packed = raw(api, "/api/EventType", encoding)
    assert "Content-Encoding" not in plain.headers
    assert answer.headers["Content-Encoding"] == encoding
    assert answer.headers["Content-Length"] == str(len(packed))
    assert answer.headers["Vary"] == plain.headers["Vary"] == "Accept, Accept-Encoding, X-API-KEY"
    assert len(packed) < len(whole) / 2
    assert UNPACK[encoding](packed) == whole


@pytest.mark.parametrize("encoding", UNPACK)
def test_xml_is_packed_too(api, encoding):
    answer, packed = raw(api, "/api/EventType", encoding, Accept="application/xml")
    assert answer.headers["Content-Type"].startswith("application/xml")
    assert UNPACK[encoding](packed).startswith(b"<?xml")


@pytest.mark.parametrize("encoding", UNPACK)
@pytest.mark.parametrize("path", ["/sign-in", "/api/openapi.json"])
def test_pages_and_the_document_are_packed(api, encoding, path):
    answer, packed = raw(api, path, encoding)
    assert answer.headers["Content-Encoding"] == encoding
    assert len(UNPACK[encoding](packed)) > len(packed)


def test_a_short_answer_stays_as_it_is(api):
    answer, body = raw(api, "/api/Driver", "br, gzip")
    assert (answer.headers.get("Content-Encoding"), body) == (None, b"[]")


@pytest.mark.parametrize(
    "made",
    [
        Response(LONG, headers={"Content-Encoding": "zstd"}),
        Response(LONG, media_type="image/png"),
        Response(LONG, 206),
        Response(LONG, media_type="text/event-stream"),
    ],
)
def test_what_is_packed_already_or_must_not_be_goes_through_as_it_is(made):
    answer, body = raw(TestClient(Compression(made)), "/", "br, gzip")
    assert body == LONG.encode()
    assert answer.headers.get("Content-Encoding") in {None, "zstd"}


@pytest.mark.parametrize("encoding", UNPACK)
def test_a_large_answer_is_the_same_when_unpacked(encoding):
    _, packed = raw(TestClient(Compression(PlainTextResponse(LONG))), "/", encoding)
    assert UNPACK[encoding](packed) == LONG.encode()


@pytest.mark.parametrize(
    ("encoding", "media_type"), [("br", "text/csv"), ("gzip", "text/csv"), ("br", "text/event-stream")]
)
def test_each_part_of_a_stream_is_sent_before_the_next_is_made(encoding, media_type):
    sent = []

    async def parts():
        for number in range(3):
            assert len(sent) == number
            yield f"row {number}\n"

    async def send(message):
        if message.get("body"):
            sent.append(message["body"])

    async def receive():
        await anyio.sleep_forever()

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"accept-encoding", encoding.encode())]}
    answer = Compression(StreamingResponse(parts(), media_type=media_type))
    with ThreadPoolExecutor(1) as elsewhere:  # a browser of another test may have its loop in this thread
        elsewhere.submit(anyio.run, answer, scope, receive, send).result()
    whole = b"".join(sent)
    unpacked = whole if media_type == "text/event-stream" else UNPACK[encoding](whole)
    assert unpacked == b"row 0\nrow 1\nrow 2\n"
