"""The head of an answer among the lines that came, and what cannot be true of it."""

import time

import pytest

from waybell.webhooks.sending.answer import Head, find_head, why_cut


def lines(text: str) -> list[bytes]:
    return text.encode("latin-1").replace(b"\n", b"\r\n").splitlines(keepends=True)


def head_of(text: str) -> Head:
    head = find_head(lines(text))
    assert isinstance(head, Head)
    return head


@pytest.mark.parametrize(
    ("text", "status", "head"),
    [
        ("HTTP/1.1 200 OK\nX: y\n\n", 200, "HTTP/1.1 200 OK\nX: y\n\n"),
        ("HTTP/1.1 200\n\n", 200, "HTTP/1.1 200\n\n"),
        ("http/1.0 404 No\n\n", 404, "http/1.0 404 No\n\n"),
        ("HTTP/1.1 103 E\nRetry-After: 9\n\nHTTP/1.1 100 C\n\nHTTP/1.1 503 B\n\n", 503, "HTTP/1.1 503 B\n\n"),
        ("HTTP/1.1 200 OK\nX: y\n\nRetry-After: 9\n\n", 200, "HTTP/1.1 200 OK\nX: y\n\n"),
    ],
)
def test_the_head_is_that_of_the_answer_itself(text, status, head):
    assert find_head(lines(text)) == Head(status, b"".join(lines(head)), is_whole=True)


def test_lines_may_end_with_a_line_feed_alone():
    assert find_head([b"HTTP/1.1 429 Slow\n", b"Retry-After: 9\n", b"\n"]) == Head(
        429, b"HTTP/1.1 429 Slow\nRetry-After: 9\n\n", is_whole=True
    )


def test_a_head_that_broke_off_has_a_status_and_is_cut():
    head = find_head(lines("HTTP/1.1 410 Gone\nX: y\n"))
    assert head == Head(410, b"HTTP/1.1 410 Gone\r\nX: y\r\n", is_whole=False)
    assert "within the head" in why_cut(head).detail


@pytest.mark.parametrize(
    "text",
    [
        "HTTP/1.1 2000 OK\n\n",
        "HTTP/1.1 200OK\n\n",
        "HTTP/1.1 20\n\n",
        "HTTP/1.1 099 X\n\n",
        "HTTP/1.1 0200 X\n\n",
        "HTTP/1.1  200 OK\n\n",
        "HTTP/1.1 200",
        "HTTP/2 200\n\n",
        "HTTP/1.1 1000 X\n\n",
        "HTTP/1.1 100 C\n\nHTTP/1.1 2000 OK\n\n",
        "\n",
    ],
)
def test_what_is_no_status_line_is_said(text):
    assert "no status line" in find_head(lines(text))


@pytest.mark.parametrize(("text", "words"), [("", "No answer"), ("HTTP/1.1 100 C\n\n", "No answer")])
def test_nothing_and_interim_answers_are_no_answer(text, words):
    assert words in find_head(lines(text))


@pytest.mark.parametrize("length", ["0", "5", "05", "5, 5", str(2**63 - 1)])
def test_a_length_that_can_be_is_one(length):
    assert why_cut(head_of(f"HTTP/1.1 200 OK\ncontent-length: {length}\n\n")) is None


@pytest.mark.parametrize(
    "length", ["", "-1", "+1", "x", "5x", "0x5", "5 5", "5, 6", "5,", "1.0", str(2**63), "9" * 5000]
)
def test_a_length_that_cannot_be_is_said(length):
    assert "Content-Length" in why_cut(head_of(f"HTTP/1.1 204 No\nContent-Length: {length}\n\n")).detail


def test_two_lengths_that_differ_cannot_be():
    assert why_cut(head_of("HTTP/1.1 200 OK\nContent-Length: 1\nX: y\nCONTENT-LENGTH:2\n\n")) is not None


def test_very_many_interim_answers_take_no_time():
    """They arrive by the thousand before the sender has seen enough."""
    many = [b"HTTP/1.1 100 C\r\n", b"\n"] * 100_000
    began = time.process_time()
    assert find_head(many) == "No answer came"
    assert time.process_time() - began < 2
