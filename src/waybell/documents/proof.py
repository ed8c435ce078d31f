"""The proof of delivery: what was ordered, what was handed over, to whom and when, with signature and photos."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    KeepTogether,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from waybell.documents import text
from waybell.documents.drawing import draw_picture, draw_qr
from waybell.documents.text import (
    BAD,
    BOLD,
    GOOD,
    HELD,
    INK,
    LINE,
    MUTED,
    REGULAR,
    TINT,
    WHITE,
    Box,
    Letterhead,
    Writing,
)
from waybell.ground.amounts import less
from waybell.orders import tracking
from waybell.orders.model import COLLECTION, DELIVERED, FAILED, PARTIALLY, Goods, Order

_MARGIN = 16 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_HEAD = 24 * mm
_FOOT = 6 * mm
_QR = 20 * mm
_PHOTOS_IN_ROW = 3
_PHOTO_HEIGHT = 62 * mm
_SIGNATURE_HEIGHT = 26 * mm
_FACTS_IN_ROW = 4
_MOST_LINES = 1000  # a body of a megabyte could hold a hundred times as many
_LONGEST = 2000  # characters of one text: more than any member holds, and fewer than would overflow a cell


def _style(name: str, size: float, font: str = REGULAR, colour: Color = INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        name, fontName=font, fontSize=size, leading=size * 1.25, textColor=colour, splitLongWords=1, **more
    )


_NORMAL = _style("normal", 9)
_STRONG = _style("strong", 9, BOLD)
_SHORT = _style("short", 9, BOLD, BAD, alignment=2)
_NUMBER = _style("number", 9, alignment=2)
_SMALL = _style("small", 7.5, colour=MUTED)
_LABEL = _style("label", 6.5, colour=MUTED)
_NAME = _style("name", 11, BOLD)
_COLUMN = _style("column", 7, BOLD, MUTED)
_COLUMN_NUMBER = _style("column-number", 7, BOLD, MUTED, alignment=2)
_SECTION = _style("section", 10, BOLD, spaceBefore=5 * mm, spaceAfter=2 * mm, keepWithNext=1)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The pictures taken at the door, as bytes."""

    signatures: Sequence[bytes] = ()
    photos: Sequence[bytes] = ()


def laid_out(order: Order, head: Letterhead, evidence: Evidence) -> bytes:
    """Return the document as a PDF, made at once in this thread."""
    text.load_fonts()
    into = io.BytesIO()
    title = _title(order)
    template = BaseDocTemplate(
        into,
        pagesize=A4,
        title=text.clean(f"{title} {order.number or order.track_id}"),
        author=text.clean(head.name),
        invariant=1,
    )
    frame = Frame(
        _MARGIN,
        _MARGIN + _FOOT,
        _WIDTH,
        A4[1] - 2 * _MARGIN - _FOOT,
        leftPadding=0,
        rightPadding=0,
        topPadding=0,
        bottomPadding=0,
    )
    template.addPageTemplates(PageTemplate(frames=[frame]))
    parts: list[Flowable] = [
        _Head(order, head, title),
        Spacer(0, 4 * mm),
        *_status(order),
        Spacer(0, 4 * mm),
        _parties(order, head),
        *_facts(order, head),
        *_goods(order),
        *_remarks(order),
        *_signatures(order, evidence),
        *_photos(evidence),
    ]
    foot = text.clean(f"{head.name} · {title} · {order.number or order.track_id}")
    template.build(parts, canvasmaker=_with_page_numbers(foot))
    return into.getvalue()


def _title(order: Order) -> str:
    what = "collection" if order.type == COLLECTION else "delivery"
    return f"Proof of {what}" if order.finished else f"{what.capitalize()} note"


def _paragraph(content: object, style: ParagraphStyle = _NORMAL) -> Paragraph:
    plain = text.clean(content)[:_LONGEST]
    return Paragraph(escape(plain).replace("\n", "<br/>"), style)


class _Head(Flowable):
    """The head of the document: the sender, the title, and the QR code of the tracking page."""

    def __init__(self, order: Order, head: Letterhead, title: str) -> None:
        super().__init__()
        self.width, self.height = _WIDTH, _HEAD
        self._order, self._letterhead, self._title = order, head, title

    def draw(self) -> None:
        canvas, order = self.canv, self._order
        right = _WIDTH
        if order.track_link:
            draw_qr(canvas, order.track_link, right - _QR, _HEAD, _QR)
            place = Box(right - _QR, _HEAD - _QR - 0.8 * mm, _QR, 3 * mm)
            text.write(canvas, "Track this order", place, Writing(6, 6, colour=MUTED, to_right=True))
            right -= _QR + 6 * mm
        half = right / 2
        top = _HEAD
        if self._letterhead.logo:
            draw_picture(canvas, self._letterhead.logo, Box(0, top, half - 4 * mm, 14 * mm))
            top -= 15.5 * mm
        place = Box(0, top, half - 4 * mm, 9 * mm if self._letterhead.logo else _HEAD)
        text.write(canvas, self._letterhead.name, place, Writing(11 if self._letterhead.logo else 16, 7, BOLD))
        text.write(canvas, self._title, Box(half, _HEAD, half, 8 * mm), Writing(17, 9, BOLD, to_right=True))
        name = order.number or order.id or order.track_id
        place = Box(half, _HEAD - 8.5 * mm, half, 9 * mm)
        used = text.write(canvas, f"Order {name}", place, Writing(11, 6.5, to_right=True))
        place = Box(half, _HEAD - 9 * mm - used, half, 5 * mm)
        text.write(canvas, text.day(order.date), place, Writing(9, 8, colour=MUTED, to_right=True))


def _status(order: Order) -> list[Flowable]:
    """Return a band that shows the outcome at a glance."""
    colour = {DELIVERED: GOOD, PARTIALLY: HELD, **dict.fromkeys(FAILED, BAD)}.get(order.status_id or 0, MUTED)
    words = _style("status", 11, BOLD, WHITE)
    beside = _style("status-time", 9, colour=WHITE, alignment=2)
    reason = f": {order.reject_reason}" if order.reject_reason else ""
    row = [
        _paragraph(tracking.status_in_words(order) + reason, words),
        _paragraph(text.minute(order.status_date), beside),
    ]
    band = Table([row], colWidths=[_WIDTH * 0.75, _WIDTH * 0.25])
    band.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (-1, -1), colour),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LEFTPADDING", (0, 0), (-1, -1), 4 * mm),
                ("RIGHTPADDING", (0, 0), (-1, -1), 4 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 2 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2.4 * mm),
                ("ROUNDEDCORNERS", [1.2 * mm] * 4),
            ]
        )
    )
    return [band]


def _parties(order: Order, head: Letterhead) -> Table:
    """Return the sender and the receiver, side by side."""
    contact = ", ".join(part for part in (order.contact_name, order.phone) if part)
    own = [order.shipper or head.name, order.depot]
    theirs = [order.client, order.address, contact]
    cells = []
    for label, lines in zip(("FROM", "TO"), (theirs, own) if order.type == COLLECTION else (own, theirs), strict=True):
        name, *rest = [line or "" for line in lines]
        cells.append([_paragraph(label, _LABEL), _paragraph(name, _NAME), *(_paragraph(line) for line in rest if line)])
    table = Table([cells], colWidths=[_WIDTH / 2] * 2)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("BACKGROUND", (0, 0), (-1, -1), TINT),
                ("LEFTPADDING", (0, 0), (-1, -1), 4 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 2.5 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3 * mm),
                ("ROUNDEDCORNERS", [1.2 * mm] * 4),
            ]
        )
    )
    return table


def _facts(order: Order, head: Letterhead) -> list[Flowable]:
    """Return a grid of the other known facts; unknown ones take no space."""
    stop = f"{order.route_number or ''} / {order.seq_number}" if order.seq_number is not None else order.route_number
    facts = [
        ("Route / stop", stop),
        ("Driver", order.driver_name or order.driver_login),
        ("Vehicle", order.driver_vehicle),
        ("Time window", text.window(order.time_slot_from, order.time_slot_to)),
        ("Arrived", text.minute(order.arrived_date)),
        ("Departed", text.minute(order.departed_date)),
        (tracking.status_in_words(order), text.minute(order.status_date)),
        ("COD to be taken", text.money(order.cod) if order.cod else ""),
        ("COD taken", text.money(order.cod_actual) if order.cod_actual else ""),
        ("Weight", text.number(order.weight) if order.weight else ""),
        ("Volume", text.number(order.volume) if order.volume else ""),
        ("Pallets", text.number(order.pallets) if order.pallets else ""),
        ("Invoice", order.invoice_id),
        ("Customer reference", order.customer_reference_id),
        ("Times in", head.time_zone.replace("_", " ")),
    ]
    cells = [[_paragraph(name, _LABEL), _paragraph(value)] for name, value in facts if name and value]
    rows = [cells[at : at + _FACTS_IN_ROW] for at in range(0, len(cells), _FACTS_IN_ROW)]
    rows[-1] += [[]] * (_FACTS_IN_ROW - len(rows[-1]))
    table = Table(rows, colWidths=[_WIDTH / _FACTS_IN_ROW] * _FACTS_IN_ROW)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 1 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 1.5 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2 * mm),
            ]
        )
    )
    return [Spacer(0, 3 * mm), table]


def _goods(order: Order) -> list[Flowable]:
    """Return the table of lines as ordered and as handed over; its head is repeated on each page."""
    if not order.goods_list:
        return []
    columns = [(name, _COLUMN) for name in ("#", "Goods")]
    columns += [(name, _COLUMN_NUMBER) for name in ("Planned", "Actual")]
    rows: list[list[Any]] = [[_paragraph(name, style) for name, style in [*columns, ("Remark", _COLUMN)]]]
    rows += [_goods_row(place, line) for place, line in enumerate(order.goods_list[:_MOST_LINES], 1)]
    if len(order.goods_list) > _MOST_LINES:
        rows.append(["", _paragraph(f"... and {len(order.goods_list) - _MOST_LINES} lines more", _STRONG), "", "", ""])
    widths = [10 * mm, _WIDTH - 100 * mm, 27 * mm, 27 * mm, 36 * mm]
    table = Table(rows, colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
                ("LEFTPADDING", (0, 0), (-1, -1), 1 * mm),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2 * mm),
                ("TOPPADDING", (0, 0), (-1, -1), 1.2 * mm),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.8 * mm),
            ]
        )
    )
    return [_paragraph("Goods", _SECTION), table]


def _goods_row(place: int, line: Goods) -> list[Any]:
    unit = f" {line.goods_unit}" if line.goods_unit else ""
    short = line.quantity_fact is not None and less(line.quantity_fact, line.quantity or 0)
    beside = [part for part in (line.note, line.order_line_barcode or line.goods_barcode) if part]
    return [
        _paragraph(place, _SMALL),
        [_paragraph(line.goods_name or line.goods_id or "", _STRONG), *(_paragraph(part, _SMALL) for part in beside)],
        _paragraph("" if line.quantity is None else text.number(line.quantity) + unit, _NUMBER),
        _paragraph(
            "" if line.quantity_fact is None else text.number(line.quantity_fact) + unit, _SHORT if short else _NUMBER
        ),
        _paragraph(line.reject_reason or ""),
    ]


def _remarks(order: Order) -> list[Flowable]:
    parts: list[Flowable] = []
    for name, remark in (("Note", order.note), ("Driver's comment", order.driver_comment)):
        if remark:
            parts += [_paragraph(name, _SECTION), _paragraph(remark)]
    return parts


def _signatures(order: Order, evidence: Evidence) -> list[Flowable]:
    """Return the signature above the name, or an empty line to sign on before the order is finished."""
    if order.finished and not (evidence.signatures or order.signature_name):
        return []
    parts: list[Flowable] = [_paragraph("Signature", _SECTION)]
    pictures: Sequence[bytes | None] = evidence.signatures or [None]
    for picture in pictures:
        cell = _Picture(picture, _WIDTH / 2, _SIGNATURE_HEIGHT)
        table = Table([[cell]], colWidths=[_WIDTH / 2], hAlign="LEFT")
        table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.8, INK), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
        parts.append(table)
    parts.append(Spacer(0, 1 * mm))
    if order.signature_name:
        parts.append(_paragraph(order.signature_name, _STRONG))
    elif not order.finished:
        parts.append(_paragraph("Name and signature", _SMALL))
    if order.status_date and order.finished:
        parts.append(_paragraph(text.minute(order.status_date), _SMALL))
    return [KeepTogether(parts)]


def _photos(evidence: Evidence) -> list[Flowable]:
    if not evidence.photos:
        return []
    width = _WIDTH / _PHOTOS_IN_ROW
    cells = [_Picture(photo, width - 3 * mm, _PHOTO_HEIGHT) for photo in evidence.photos]
    rows: list[list[Any]] = [cells[at : at + _PHOTOS_IN_ROW] for at in range(0, len(cells), _PHOTOS_IN_ROW)]
    rows[-1] += [""] * (_PHOTOS_IN_ROW - len(rows[-1]))
    table = Table(rows, colWidths=[width] * _PHOTOS_IN_ROW)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return [_paragraph("Photos", _SECTION), table]


class _Picture(Flowable):
    """A picture as large as its cell allows, at the upper left; without a picture the cell stays empty."""

    def __init__(self, picture: bytes | None, width: float, height: float) -> None:
        super().__init__()
        self.width, self.height = width, height
        self._picture = picture

    def draw(self) -> None:
        if self._picture:
            draw_picture(self.canv, self._picture, Box(0, self.height, self.width, self.height))


def _with_page_numbers(foot: str) -> type[Canvas]:
    """Return a canvas class that writes the page number and the number of pages under each page."""

    class Numbered(Canvas):
        def __init__(self, *parts: Any, **more: Any) -> None:
            super().__init__(*parts, **more)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self._write_foot(number, len(self._pages))
                super().showPage()
            super().save()

        def _write_foot(self, number: int, of: int) -> None:
            self.setStrokeColor(LINE)
            self.setLineWidth(0.4)
            self.line(_MARGIN, _MARGIN, _MARGIN + _WIDTH, _MARGIN)
            small = Writing(7, 6, colour=MUTED)
            text.write(self, foot, Box(_MARGIN, _MARGIN - 1.5 * mm, _WIDTH - 30 * mm, 4 * mm), small)
            place = Box(_MARGIN + _WIDTH - 30 * mm, _MARGIN - 1.5 * mm, 30 * mm, 4 * mm)
            text.write(self, f"Page {number} of {of}", place, Writing(7, 7, colour=MUTED, to_right=True))

    return Numbered
