"""What a caller wants is read from its headers."""

import pytest

from waybell.web.compression import chosen
from waybell.web.negotiation import media_type


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/json", "text/json"),
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml"),
        ("APPLICATION/XML; charset=utf-8", "application/xml"),
        ("application/*", "application/json"),
        ("application/json, application/xml", "application/json"),
        ("application/xml, application/json", "application/xml"),
        ("application/xml;q=0.5, application/json;q=0.9", "application/json"),
        ("application/json;q=0.5,text/xml;charset=utf-8;q=0.6", "text/xml"),
        ("application/xml;q=0", "application/json"),
        ("*/*;q=0.1, application/xml", "application/xml"),
        ("text/html, image/gif, */*; q=.2", "application/json"),
        ("image/png", "application/json"),
        ("application/xml;q=high", "application/json"),
        (",;,q=1;q", "application/json"),
    ],
)
def test_the_type_that_is_wanted_most_is_answered_else_json(accept, answered):
    assert media_type(accept) == answered


@pytest.mark.parametrize(
    ("accept", "encoding"),
    [
        ("", None),
        ("identity", None),
        ("zstd", None),
        ("gzip", "gzip"),
        ("deflate", "deflate"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0.1, GZIP;q=0.8", "gzip"),
        ("br;q=0, *", "gzip"),
        ("*", "br"),
        ("identity;q=1, br;q=0.5", None),
        ("gzip;q=0", None),
        ("*;q=0", None),
    ],
)
def test_the_encoding_that_is_wanted_most_is_used_among_equals_the_best(accept, encoding):
    assert chosen(accept) == encoding
