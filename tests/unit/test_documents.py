"""Proofs of delivery and shipping labels: what they say, in which letters, on how many pages, in which codes."""

import io
import itertools
import re
from concurrent.futures import ThreadPoolExecutor

import pypdfium2
import pytest
import zxingcpp
from PIL import Image
from pypdf import PdfReader

from waybell.documents.label import PAGE_TYPES, shipping_label
from waybell.documents.layout_process import proof_of_delivery
from waybell.documents.proof import Evidence
from waybell.documents.text import Letterhead
from waybell.orders.model import Goods
from waybell.orders.samples import sample_on_route

TRACK_LINK = "https://waybell.example/track?id=7c9e6679-7425-40de-944b-e07fc1f90ae7"
HEAD = Letterhead("Northwind Deliveries", None, "Europe/Tallinn")
LETTERS = [
    "Общество «Ёлка», Київ, Ґрати",
    "Λεωφόρος Συγγρού, Αθήνα",
    "Õnne Järvepüü, Žižkov, Šķēde, Ūdrupė",
    "Þórunn Łódź Çiğdem Őrség Ñandú Ærø",
]
CENTIMETRE = 72 / 2.54
HUGE = {
    "number": "W" * 50,
    "client": "Ж" * 255,
    "address": "Kalasadama " * 23,
    "contact_name": "q" * 255,
    "phone": "5" * 50,
    "note": "nn " * 166,
    "driver_comment": "c" * 255,
    "reject_reason": "r" * 500,
    "signature_name": "Z" * 255,
    "shipper": "X" * 255,
    "depot": "Y " * 127,
    "route_number": "R" * 50,
    "driver_name": "d" * 255,
    "driver_vehicle": "v" * 255,
    "barcode": "B" * 128,
    "cod": 1e300,
    "cod_actual": "1e+300",
    "weight": 1e-300,
    "invoice_id": "i" * 50,
    "goods_list": [
        Goods(
            goods_name="Ж" * 255,
            goods_unit="u" * 50,
            note="n" * 255,
            quantity=1e300,
            quantity_fact=0.1,
            reject_reason="why" * 100,
            order_line_barcode="b" * 128,
        )
    ]
    * 3,
}


def an_order(**members):
    return sample_on_route().model_copy(update={"track_link": TRACK_LINK, **members})


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def text_of(pdf: bytes) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in read(pdf).pages))


def codes_of(pdf: bytes, page: int = 0) -> set[tuple[str, str]]:
    """What a scanner reads on the printed page: kinds of codes, and what they hold."""
    document = pypdfium2.PdfDocument(pdf)
    picture = document[page].render(scale=4).to_pil()
    document.close()
    return {
        (str(code.format).rpartition(".")[2].replace(" ", ""), code.text) for code in zxingcpp.read_barcodes(picture)
    }


def a_picture(width=400, height=300, colour="red", form="JPEG") -> bytes:
    into = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(into, form)
    return into.getvalue()


# Proof of delivery


def test_a_proof_tells_what_was_handed_over_to_whom_and_when():
    order = an_order(
        status_id=4,
        status="Partially",
        status_date="2026-11-23T10:41:12",
        arrived_date="2026-11-23T10:30:00",
        departed_date="2026-11-23T10:45:00",
        cod_actual="40",
        signature_name="Front desk",
        driver_comment="One box was wet",
        goods_list=[
            Goods(goods_name="Coffee beans", goods_unit="pcs", quantity=10, quantity_fact=10),
            Goods(goods_name="Cups", quantity=12.5, quantity_fact=9, reject_reason="Damaged packaging"),
        ],
    )
    text = text_of(proof_of_delivery(order, HEAD, Evidence()))
    for said in (
        "Proof of delivery",
        "SO-1001",
        "Northwind Deliveries",
        "Blue Harbour Cafe",
        "Kalasadama 4, Tallinn",
        "Partially delivered",
        "2026-11-23 10:30",
        "2026-11-23 10:41",
        "2026-11-23 10:45",
        "Driver One",
        "123 ABC",
        "48.90",
        "40.00",
        "10 pcs 10 pcs",
        "12.5 9 Damaged packaging",
        "Ring at the back door",
        "One box was wet",
        "Front desk",
        "Page 1 of 1",
    ):
        assert said in text, said


def test_before_anything_is_handed_over_it_is_a_note_with_a_line_to_sign_on():
    text = text_of(proof_of_delivery(an_order(), HEAD, Evidence()))
    assert "Delivery note" in text
    assert "Proof" not in text
    assert "Name and signature" in text


def test_what_is_collected_goes_from_the_client_to_the_account():
    text = text_of(proof_of_delivery(an_order(type=1, status_id=3), HEAD, Evidence()))
    assert "Proof of collection" in text
    assert text.index("FROM") < text.index("Blue Harbour Cafe")


@pytest.mark.parametrize("letters", LETTERS)
def test_letters_of_many_languages_can_be_read_back(letters):
    order = an_order(client=letters, note=letters, goods_list=[Goods(goods_name=letters, quantity=1)])
    assert text_of(proof_of_delivery(order, Letterhead(letters, None, "UTC"), Evidence())).count(letters) >= 4
    for page_type in PAGE_TYPES:
        assert letters in text_of(shipping_label(order, HEAD, page_type))


def test_many_lines_flow_over_pages_that_are_numbered_under_one_head():
    lines = [Goods(goods_name=f"Line {number}.", quantity=number) for number in range(1, 201)]
    pages = read(proof_of_delivery(an_order(goods_list=lines), HEAD, Evidence())).pages
    texts = [page.extract_text() for page in pages]
    assert len(pages) > 4
    for number, text in enumerate(texts, 1):
        assert f"Page {number} of {len(pages)}" in text
    assert all("Planned" in text for text in texts if "Line " in text)
    assert re.findall(r"Line (\d+)\.", " ".join(texts)) == [str(number) for number in range(1, 201)]


def test_an_order_of_endless_lines_has_a_document_that_ends():
    lines = [Goods(goods_name=f"Line {number}.", quantity=number) for number in range(1, 5_001)]
    text = text_of(proof_of_delivery(an_order(goods_list=lines), HEAD, Evidence()))
    assert "Line 1000." in text
    assert "Line 1001." not in text
    assert "... and 4000 lines more" in text


def test_signature_photos_and_logo_are_in_the_document_as_they_are():
    photos = [a_picture(600, 400, colour) for colour in ("red", "green", "blue", "white")]
    evidence = Evidence([a_picture(300, 100)], photos)
    head = Letterhead("N", a_picture(200, 80, form="PNG"), "UTC")
    pdf = proof_of_delivery(an_order(status_id=3, status="Delivered"), head, evidence)
    kept = [image.data for page in read(pdf).pages for image in page.images]
    assert len(kept) == 6
    assert all(any(photo == data for data in kept) for photo in photos)


@pytest.mark.parametrize("status_id", [None, 1, 2, 3, 4, 5])
def test_no_text_is_too_long_for_a_proof(status_id):
    head = Letterhead("Ω" * 100, a_picture(2000, 10, form="PNG"), "America/Argentina/ComodRivadavia")
    order = an_order(**HUGE, status_id=status_id, status="s" * 50)
    _assert_nothing_runs_out_of_the_page(proof_of_delivery(order, head, Evidence([a_picture(10, 2000)], [a_picture()])))


def test_markup_and_control_characters_are_texts_like_others():
    nasty = "<b>&amp; <para> \x01\x1b\u202e]]> %s {x}"
    order = an_order(client=nasty, note=nasty, goods_list=[Goods(goods_name=nasty, note=nasty)], barcode=nasty)
    text = text_of(proof_of_delivery(order, Letterhead(nasty, None, "UTC"), Evidence()))
    assert "<b>&amp; <para>" in text
    assert "\x01" not in text
    assert "<b>&amp; <para>" in text_of(shipping_label(order, HEAD, "10x15"))


def test_a_document_depends_on_its_facts_alone():
    first, second = (proof_of_delivery(an_order(), HEAD, Evidence()) for _ in range(2))
    assert first == second


# Labels


@pytest.mark.parametrize(("page_type", "size"), [("6A4", (21.0, 29.7)), ("10x10", (10, 10)), ("10x15", (10, 15))])
def test_a_label_is_one_page_of_its_size(page_type, size):
    pages = read(shipping_label(an_order(), HEAD, page_type)).pages
    assert len(pages) == 1
    assert [float(side) / CENTIMETRE for side in pages[0].mediabox.upper_right] == pytest.approx(size, abs=0.01)


@pytest.mark.parametrize("page_type", PAGE_TYPES)
def test_a_label_tells_the_driver_what_goes_where(page_type):
    order = an_order(contact_name="Front desk", pallets=2, depot="Peterburi tee 81")
    text = text_of(shipping_label(order, HEAD, page_type))
    for said in (
        "Northwind Deliveries",
        "Peterburi tee 81",
        "DELIVER TO",
        "Blue Harbour Cafe",
        "Kalasadama 4, Tallinn",
        "Front desk, +372 5550 1234",
        "09:00\N{EN DASH}12:00",
        "12.5",
        "48.90",
        "R-23-1",
        "SO-1001",
    ):
        assert said in text, said


@pytest.mark.parametrize("page_type", PAGE_TYPES)
def test_scanners_read_the_barcode_or_else_the_number_and_the_tracking_page(page_type):
    with_barcode = codes_of(shipping_label(an_order(barcode="WB 0042/7"), HEAD, page_type))
    assert with_barcode == {("Code128", "WB 0042/7"), ("QRCode", TRACK_LINK)}
    without = codes_of(shipping_label(an_order(), HEAD, page_type))
    assert without == {("Code128", "SO-1001"), ("QRCode", TRACK_LINK)}


def test_the_sheet_holds_six_labels():
    pdf = shipping_label(an_order(), HEAD, "6A4")
    document = pypdfium2.PdfDocument(pdf)
    codes = zxingcpp.read_barcodes(document[0].render(scale=4).to_pil())
    document.close()
    assert len([code for code in codes if code.text == "SO-1001"]) == 6


@pytest.mark.parametrize("value", ["Заказ-17", "B" * 128, "x" * 49 + "é"])
def test_what_bars_cannot_hold_stands_in_a_second_qr_code(value):
    codes = codes_of(shipping_label(an_order(barcode=value), HEAD, "10x10"))
    assert codes == {("QRCode", value), ("QRCode", TRACK_LINK)}


def test_a_proof_leads_to_the_tracking_page():
    assert codes_of(proof_of_delivery(an_order(), HEAD, Evidence())) == {("QRCode", TRACK_LINK)}


@pytest.mark.parametrize("page_type", PAGE_TYPES)
def test_no_text_is_too_long_for_a_label(page_type):
    order = an_order(**HUGE, seq_number=12345)
    head = Letterhead("Ω" * 100, a_picture(10, 2000, form="PNG"), "UTC")
    pdf = shipping_label(order, head, page_type)
    assert len(read(pdf).pages) == 1
    _assert_nothing_runs_out_of_the_page(pdf)


def test_an_order_that_says_little_has_a_label_too():
    blank = an_order(**dict.fromkeys(("number", "id", "client", "address", "phone", "note", "route_number"), None))
    blank = blank.model_copy(update={"seq_number": None, "track_link": None, "weight": 0.0, "cod": 0.0})
    for page_type in PAGE_TYPES:
        assert blank.track_id in text_of(shipping_label(blank, HEAD, page_type))


def _assert_nothing_runs_out_of_the_page(pdf: bytes) -> None:
    """The edge of every page is white."""
    document = pypdfium2.PdfDocument(pdf)
    for page in document:
        width, height = page.get_size()
        picture = page.render(scale=2).to_pil().convert("L")
        edge = round(2 * 2.5 * 72 / 25.4)
        for side in (
            (0, 0, picture.width, edge),
            (0, picture.height - edge, picture.width, picture.height),
            (0, 0, edge, picture.height),
            (picture.width - edge, 0, picture.width, picture.height),
        ):
            assert picture.crop(side).getextrema() == (255, 255), f"{side} of {width} x {height}"
    document.close()


# Many at once


def test_many_threads_make_the_same_documents_as_one():
    orders = [an_order(number=f"N-{number}", client=LETTERS[number % 4] * 3) for number in range(8)]

    def make(order):
        return proof_of_delivery(order, HEAD, Evidence()), shipping_label(order, HEAD, "10x15")

    alone = [make(order) for order in orders]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(make, itertools.chain.from_iterable([orders] * 4)))
    assert together == alone * 4
