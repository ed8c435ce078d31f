"""How bodies may be written and packed: what is read, and what is refused rather than misread."""

import functools
import gzip
import json
import tracemalloc
import zlib

import pytest

from support.documents import an_order, get_order
from waybell.ground.errors import TooLarge
from waybell.web.unpacking import Unpacking

NOTE = "Ünö — 5 €"
ORDER = {"Number": "N-1", "Client": "C", "Address": "A", "Note": NOTE}
_ONE_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
pytestmark = _ONE_DATABASE


def post(api, body, path="/api/Order", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.post(path, content=body, headers={"Content-Type": "application/json"} | named)


def in_json(note=NOTE):
    return json.dumps(ORDER | {"Note": note}, ensure_ascii=False)


def in_xml(declared="", note=NOTE):
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return f"{head}<NewOrder><Number>N-1</Number><Client>C</Client><Address>A</Address><Note>{note}</Note></NewOrder>"


# JSON that is made from templates of text


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\t", "\r", "\n\n\tx\n", '\\"\n', "\\\\\n"])
def test_line_breaks_and_tabs_inside_strings_are_taken_as_they_are(api, ending):
    body = '{\n\t"Number": "N-1",\r\n"Client": "C", "Address": "A", "Note": "line' + ending + 'line"}'
    assert post(api, body.encode()).status_code == 201
    assert get_order(api)["Note"] == "line" + json.loads(f'"{ending}"', strict=False) + "line"


def test_they_are_also_in_lists_and_in_names_of_events_of_ones_own(api):
    api.post("/api/EventType", json={"Name": "my.event", "Meaning": "m"})
    body = b'{"Event": "my.event", "Data": {"a\tb": ["x\ny", {"c": "\xc3\xa4\r\n"}]}}'
    assert post(api, body, "/api/Event").status_code == 201
    assert api.get("/api/Event").json()["Items"][0]["Data"] == {"a\tb": ["x\ny", {"c": "ä\r\n"}]}
    items = b'[{"Number": "B", "Client": "C", "Address": "one\ntwo"}]'
    assert post(api, items, "/api/Order/Bulk").status_code == 201
    assert get_order(api, "B")["Address"] == "one\ntwo"


@pytest.mark.parametrize(
    "body",
    [
        b'{"Note": "a\nb',
        b'{"Note": "a\nb\\',
        b'{"Note": "a\nb" "Client": "C"}',
        b'{"Note": "a\x01\nb"}',
        b'{"Note": \n"a\0"}',
        b'"' + b'\\"' * 500_000 + b"\n",
        b'"\n' * 300_000,
    ],
)
def test_what_is_no_json_even_so_is_400_at_once(api, body):
    answer = post(api, body)
    assert (answer.status_code, answer.json()["Detail"][:29]) == (400, "The body is not read as JSON:")


# The moment that was never set


@pytest.mark.parametrize(
    "never",
    [
        "0001-01-01T00:00:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00.0000000",
        "0001-01-01T00:00:00.0000000+02:00",
        "0001-01-01T00:00:00-0500",
        "0001-01-01 00:00:00",
        "0001-01-01",
        " 0001-01-01T00:00 ",
    ],
)
def test_the_first_moment_of_the_calendar_is_absent_in_every_date(api, never):
    dates = {"TimeSlotFrom": never, "TimeSlotTo": never}
    order = an_order(Date=never, **dates, PickupOrder={"Client": "P", **dates})
    assert api.post("/api/Order", json=order).status_code == 201
    kept = get_order(api)
    assert kept["Date"] == "2026-11-23T00:00:00"
    assert (kept.get("TimeSlotFrom"), kept["PickupOrder"].get("TimeSlotTo")) == (None, None)
    assert api.put("/api/Order", json={"Number": "N-1", "Date": never, "Note": "x"}).status_code == 202
    route = {"Code": "R-1", "Date": never, "StartTimePlan": never, "Orders": [an_order("R", Date=never)]}
    assert api.post("/api/Route", json=route).status_code == 201
    assert api.put("/api/Route/Start/Code/R-1", params={"statusDate": never}).status_code == 202
    assert api.put("/api/Order/Number/R/Load", json={"LoadStatus": "loaded", "LoadDate": never}).status_code == 200
    assert api.put("/api/Order/Number/R/Complete", json={"StatusDate": never}).status_code == 200
    assert get_order(api, "R")["StatusDate"] == "2026-11-23T12:00:00"
    assert api.post("/api/Address", json={"Id": "A", "FullAddress": "A", **dates}).status_code == 201
    check = {"VehicleNumber": "1", "Date": never}
    assert api.post("/api/VehicleCheck", json=check).status_code == 201
    points = api.post("/api/Route/Track/Code/R-1", json=[{"Lat": 1, "Lng": 2, "Date": never}])
    assert (points.status_code, points.json()["Detail"]) == (400, "[0].Date: is required")
    made = api.post("/api/Webhook", json={"Url": "https://e.example/x", "EventTypes": ["OrderCreated"]}).json()
    assert api.get(f"/api/Webhook/{made['Id']}/Message", params={"Since": never, "Until": never}).status_code == 200


def test_other_times_of_that_day_are_refused(api):
    assert api.post("/api/Order", json=an_order(Date="0001-01-01T08:00:00")).status_code == 400


# Charsets


@pytest.mark.parametrize("is_xml", [False, True], ids=["json", "xml"])
@pytest.mark.parametrize(
    ("charset", "codec", "note"),
    [
        ("utf-8", "utf-8", NOTE),
        ("UTF8", "utf-8", NOTE),
        ('"utf-8"', "utf-8-sig", NOTE),
        ("us-ascii", "ascii", "plain"),
        ("iso-8859-1", "latin-1", "Ünö Ã©"),
        ("ISO-8859-15", "iso8859-15", "5 €"),
        ("windows-1252", "cp1252", NOTE),
        ("windows-1257", "cp1257", "Šķūņu iela"),
        ("utf-16", "utf-16", NOTE),  # with a byte order mark
        ("utf-16", "utf-16-le", NOTE),
        ("utf-16", "utf-16-be", NOTE),
        ("utf-16le", "utf-16-le", NOTE),
        ("utf-16BE", "utf-16-be", NOTE),
        (None, "utf-16", NOTE),
    ],
)
def test_a_charset_is_honoured(api, is_xml, charset, codec, note):
    kind = "application/xml" if is_xml else "application/json"
    content_type = f"{kind}; charset={charset}" if charset else kind
    body = (in_xml(note=note) if is_xml else in_json(note)).encode(codec)
    answer = post(api, body, Content_Type=content_type)
    assert answer.status_code == 201, answer.text
    assert get_order(api)["Note"] == note


@pytest.mark.parametrize(
    "charset", ["utf-7", "klingon", "utf-32", "unicode_escape", "idna", "rot13", "x" * 300, "ebcdic"]
)
@pytest.mark.parametrize("kind", ["application/json", "text/xml"])
def test_a_charset_that_is_not_read_is_415_and_said(api, charset, kind):
    answer = post(api, in_json("x").encode(), Content_Type=f"{kind}; charset={charset}")
    assert (answer.status_code, f"charset {charset[:40]}" in answer.json()["Detail"]) == (415, True)


def test_utf_32_with_a_byte_order_mark_is_415_and_not_taken_for_utf_16(api):
    answer = post(api, in_json().encode("utf-32"), Content_Type="application/json")
    assert (answer.status_code, "charset utf-32" in answer.json()["Detail"]) == (415, True)


def test_only_a_parameter_of_this_very_name_is_the_charset(api):
    answer = post(api, in_json().encode(), Content_Type='application/json; x-charset="utf-16"; charset=utf-8')
    assert (answer.status_code, get_order(api)["Note"]) == (201, NOTE)


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("utf-8", in_json().encode("cp1252")),
        ("us-ascii", in_json().encode()),
        ("utf-16", in_json("x").encode()),
        ("utf-16le", in_json("x").encode() + b" "),
        ("utf-16be", b"\xd8\x00\xd8\x00"),
        ("windows-1252", b'{"Number": "\x81"}'),
    ],
)
def test_a_body_that_is_not_in_its_charset_is_400(api, charset, body):
    assert post(api, body, Content_Type=f"application/json; charset={charset}").status_code == 400


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("utf-16", "utf-8"),  # as .NET writes what it had in memory
        ("UTF-16LE", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16", "utf-16-be"),
        ("utf-32", "utf-8"),
        ("windows-1252", "cp1252"),
        ("utf-8", "utf-8"),
    ],
)
def test_xml_is_read_as_it_is_written_and_not_as_it_says(api, declared, codec):
    answer = post(api, in_xml(declared).encode(codec), Content_Type="application/xml")
    assert answer.status_code == 201, answer.text
    assert get_order(api)["Note"] == NOTE


def test_the_content_type_counts_before_the_declaration(api):
    answer = post(api, in_xml("iso-8859-1").encode(), Content_Type="text/xml;charset=utf-8")
    assert (answer.status_code, get_order(api)["Note"]) == (201, NOTE)
    assert post(api, in_xml("klingon").encode(), Content_Type="text/xml").status_code == 415


# Packed bodies


def raw_deflate(data):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


gzipped = functools.partial(gzip.compress, mtime=0)  # names of tests hold it, and may not change by the second
PLAIN = in_json().encode()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzipped(PLAIN)),
        ("x-gzip", gzipped(PLAIN)),
        ("GZIP ", gzipped(PLAIN[:9]) + gzipped(b"") + gzipped(PLAIN[9:])),
        ("deflate", zlib.compress(PLAIN)),
        ("deflate", raw_deflate(PLAIN)),
        ("deflate, gzip", gzipped(zlib.compress(PLAIN))),
        ("identity", PLAIN),
        ("identity, gzip,", gzipped(PLAIN)),
    ],
)
@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_a_packed_body_is_unpacked_in_whatever_pieces_it_comes(api, coding, body, chunk):
    pieces = (body[start : start + chunk] for start in range(0, len(body), chunk))
    answer = post(api, pieces, Content_Encoding=coding)
    assert answer.status_code == 201, answer.text
    assert get_order(api)["Note"] == NOTE


def test_packed_xml_in_another_charset_and_a_packed_picture_are_read(api):
    body = gzipped(in_xml().encode("cp1252"))
    answer = post(api, body, Content_Type="text/xml; charset=windows-1252", Content_Encoding="gzip")
    assert (answer.status_code, get_order(api)["Note"]) == (201, NOTE)
    from support.pictures import a_picture  # noqa: PLC0415

    path = "/api/Order/Number/N-1/Photo"
    packed = zlib.compress(a_picture())
    assert post(api, packed, path, Content_Type="image/jpeg", Content_Encoding="deflate").status_code == 201
    assert post(api, packed, path, Content_Type="image/jpeg", Content_Encoding="br").status_code == 415


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "snappy", "gzip, br", "gzip,gzip,gzip,gzip", "x" * 500])
def test_any_other_coding_is_415_with_those_that_are_taken(api, coding):
    answer = post(api, PLAIN, Content_Encoding=coding)
    assert (answer.status_code, answer.headers["Accept-Encoding"]) == (415, "gzip, deflate")
    assert "Send gzip, deflate or none." in answer.json()["Detail"]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_what_has_no_body_may_say_that_it_is_packed(api, coding):
    assert api.get("/api/Test", headers={"Content-Encoding": coding}).status_code == 200
    answer = post(api, b"", Content_Encoding=coding)
    assert (answer.status_code, answer.json()["Detail"]) == (400, "body: is required")


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", PLAIN),
        ("gzip", b"\x1f"),
        ("gzip", gzipped(PLAIN)[:-1]),
        ("gzip", gzipped(PLAIN)[:20]),
        ("gzip", gzipped(PLAIN) + b"x"),
        ("gzip", gzipped(PLAIN) + b"trailing"),
        ("gzip", gzipped(PLAIN)[:-8] + b"\0" * 8),  # a wrong checksum
        ("gzip", gzipped(b"") * 1001),
        ("deflate", zlib.compress(PLAIN)[:-1]),
        ("deflate", zlib.compress(PLAIN) + b"xx"),
        ("deflate", raw_deflate(PLAIN)[:-1]),
        ("deflate", PLAIN),
        ("deflate, gzip", gzipped(zlib.compress(PLAIN)[:-1])),
        ("gzip, deflate", gzipped(PLAIN)),
    ],
)
def test_a_body_that_is_not_so_packed_is_400(api, coding, body):
    answer = post(api, body, Content_Encoding=coding)
    assert (answer.status_code, answer.json()["Detail"][:44]) == (
        400,
        "The body is not what its Content-Encoding (" + coding[0],
    )
    assert api.get("/api/Order/Number/N-1").status_code == 404


@pytest.mark.parametrize("coding", ["gzip", "deflate", "gzip, gzip"])
def test_a_bomb_is_413_before_it_is_in_memory(api, coding):
    inside = b" " * 50_000_000
    bomb = zlib.compress(inside) if coding == "deflate" else gzipped(inside)
    bomb = gzipped(bomb) if coding == "gzip, gzip" else bomb
    answer = post(api, bomb, Content_Encoding=coding)
    assert (answer.status_code, "when it is unpacked" in answer.json()["Detail"]) == (413, True)
    unpacking = Unpacking(list(reversed(coding.split(", "))), 1_000_000)
    tracemalloc.start()
    with pytest.raises(TooLarge):
        unpacking.feed(bomb, ends=True)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_the_limit_is_that_of_the_operation(api):
    body = gzipped(json.dumps([an_order(str(number), Note="x" * 500) for number in range(500)]).encode())
    large = gzipped(b" " * 2_000_000 + PLAIN)
    assert post(api, body, "/api/Order/Bulk", Content_Encoding="gzip").status_code == 201
    assert post(api, large, Content_Encoding="gzip").status_code == 413
