"""Shipping labels for the goods, readable by people from an arm's length and by scanners."""

import io
from typing import Literal, get_args

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import cm, mm
from reportlab.pdfgen.canvas import Canvas

from waybell.documents import text
from waybell.documents.drawing import draw_code128, draw_picture, draw_qr
from waybell.documents.text import BOLD, INK, LINE, MUTED, Box, Letterhead, Writing, write
from waybell.orders import tracking
from waybell.orders.model import COLLECTION, Order

PageType = Literal["6A4", "10x10", "10x15"]
PAGE_TYPES: tuple[PageType, ...] = get_args(PageType)

_A4_COLUMNS, _A4_ROWS = 2, 3
_SIZES = {"6A4": (A4[0] / _A4_COLUMNS, A4[1] / _A4_ROWS), "10x10": (10 * cm, 10 * cm), "10x15": (10 * cm, 15 * cm)}
_MARGIN = 4.5 * mm
_LEAST_BAR = 0.19 * mm  # the narrowest bar that a label printer of 203 dpi prints and a hand scanner reads
_QR = 23 * mm
_CAPTION = Writing(6.5, 6.5, colour=MUTED)


def shipping_label(order: Order, head: Letterhead, page_type: PageType) -> bytes:
    """Return the label as a PDF: one page of its size, or an A4 sheet with six labels.

    Raise `Busy` when too many documents are under way.
    """
    with text.bulkhead.slot():
        return _drawn(order, head, page_type)


def _drawn(order: Order, head: Letterhead, page_type: PageType) -> bytes:
    text.load_fonts()
    width, height = _SIZES[page_type]
    into = io.BytesIO()
    canvas = Canvas(into, pagesize=A4 if page_type == "6A4" else (width, height), invariant=1)
    canvas.setTitle(text.clean(f"Label {order.number or order.track_id}"))
    if page_type == "6A4":
        canvas.beginForm("label", 0, 0, width, height)
        _Label(canvas, order, head, width, height).draw()
        canvas.endForm()
        for place in range(_A4_COLUMNS * _A4_ROWS):
            canvas.saveState()
            canvas.translate(place % _A4_COLUMNS * width, A4[1] - (place // _A4_COLUMNS + 1) * height)
            canvas.doForm("label")
            canvas.restoreState()
    else:
        _Label(canvas, order, head, width, height).draw()
    canvas.showPage()
    canvas.save()
    return into.getvalue()


class _Label:
    """A label with its lower left corner at the origin."""

    def __init__(self, canvas: Canvas, order: Order, head: Letterhead, width: float, height: float) -> None:
        self._canvas = canvas
        self._order = order
        self._head = head
        self._tall = height > width * 1.2
        self._left = _MARGIN
        self._width = width - 2 * _MARGIN
        self._top = height - _MARGIN

    def draw(self) -> None:
        """Draw the label from top to bottom: sender and stop, receiver, facts, codes."""
        self._draw_head(self._top, 12 * mm)
        below_head = self._top - 13.5 * mm
        codes_height = 27 * mm + (6 * mm if self._tall else 0)
        facts_height = 19 * mm if self._tall else 10 * mm
        codes_top = _MARGIN + codes_height
        facts_top = codes_top + facts_height
        self._rule(below_head)
        self._draw_receiver(below_head - 1.2 * mm, below_head - facts_top - 2 * mm)
        self._rule(facts_top)
        self._draw_facts(facts_top - 1 * mm, facts_height - 1.5 * mm)
        self._rule(codes_top)
        self._draw_codes(codes_top - 2 * mm, codes_height - 2 * mm)

    def _rule(self, y: float) -> None:
        self._canvas.setStrokeColor(LINE)
        self._canvas.setLineWidth(0.6)
        self._canvas.line(self._left, y, self._left + self._width, y)

    def _draw_head(self, top: float, height: float) -> None:
        """Draw the sender and the stop on the route, which people look for when they load a vehicle."""
        order, canvas = self._order, self._canvas
        stop_width = 30 * mm if order.route_number else 0
        sender = Box(self._left, top, self._width - stop_width - 2 * mm, height)
        if self._head.logo:
            taken = draw_picture(canvas, self._head.logo, Box(sender.left, top, 20 * mm, height - 1 * mm)) + 2 * mm
            sender = Box(sender.left + taken, top, sender.width - taken, height)
        used = write(canvas, self._head.name, Box(sender.left, top, sender.width, 5.5 * mm), Writing(10, 7, BOLD))
        origin = "\n".join(part for part in (order.shipper, order.depot) if part)
        rest = Box(sender.left, top - used - 0.5 * mm, sender.width, height - used - 0.5 * mm)
        write(canvas, origin, rest, Writing(7, 5.5, colour=MUTED))
        if order.route_number:
            left = self._left + self._width - stop_width
            canvas.setFillColor(INK)
            canvas.roundRect(left, top - height, stop_width, height, 1.2 * mm, stroke=0, fill=1)
            white = text.WHITE
            stop = "" if order.seq_number is None else str(order.seq_number)
            write(canvas, "ROUTE", Box(left + 2 * mm, top - 1 * mm, 15 * mm, 3 * mm), Writing(5.5, 5.5, colour=white))
            route = Box(left + 2 * mm, top - 3.6 * mm, 17 * mm, height - 4.5 * mm)
            write(canvas, order.route_number, route, Writing(10, 5, BOLD, white))
            place = Box(left + 20 * mm, top - 1 * mm, 8.5 * mm, 3 * mm)
            write(canvas, "STOP", place, Writing(5.5, 5.5, colour=white, to_right=True))
            place = Box(left + 19 * mm, top - 3.6 * mm, 9.5 * mm, height - 4.5 * mm)
            write(canvas, stop, place, Writing(18, 8, BOLD, white, to_right=True))

    def _draw_receiver(self, top: float, height: float) -> None:
        """Draw the receiver and the address in the largest letters."""
        order, canvas = self._order, self._canvas
        caption = "COLLECT FROM" if order.type == COLLECTION else "DELIVER TO"
        write(canvas, caption, Box(self._left, top, self._width, 3 * mm), _CAPTION)
        top, height = top - 3.2 * mm, height - 3.2 * mm
        contact = ", ".join(part for part in (order.contact_name, order.phone) if part)
        contact_height = 4.5 * mm if contact else 0
        note_height = height * 0.25 if order.note else 0
        room = height - contact_height - note_height
        large = (22, 16) if self._tall else (16, 12.5)
        used = write(
            canvas, order.client or "", Box(self._left, top, self._width, room * 0.48), Writing(large[0], 6.5, BOLD)
        )
        place = Box(self._left, top - used, self._width, room - used)
        used += write(canvas, order.address or "", place, Writing(large[1], 6))
        if contact:
            place = Box(self._left, top - used - 0.5 * mm, self._width, contact_height - 0.5 * mm)
            used += write(canvas, contact, place, Writing(9.5, 6)) + 0.5 * mm
        if note_height:
            place = Box(self._left, top - used - 1.5 * mm, self._width, height - used - 1.5 * mm)
            write(canvas, order.note or "", place, Writing(8, 6, colour=MUTED))

    def _draw_facts(self, top: float, height: float) -> None:
        order = self._order
        facts = [
            ("DATE", text.day(tracking.due(order))),
            ("TIME WINDOW", text.window(order.time_slot_from, order.time_slot_to)),
            ("WEIGHT", text.number(order.weight) if order.weight else ""),
            ("PALLETS", text.number(order.pallets) if order.pallets else ""),
            ("COD", text.money(order.cod) if order.cod else ""),
        ]
        if self._tall:
            facts.append(("VOLUME", text.number(order.volume) if order.volume else ""))
        facts = [(name, value) for name, value in facts if value]
        in_row = 3 if self._tall else 5
        row_height = height / 2 if self._tall else height
        width = self._width / min(in_row, max(len(facts), 1))
        for at, (name, value) in enumerate(facts):
            left, y = self._left + at % in_row * width, top - at // in_row * row_height
            write(self._canvas, name, Box(left, y, width - 1 * mm, 2.6 * mm), Writing(5.5, 4.5, colour=MUTED))
            place = Box(left, y - 2.6 * mm, width - 1.5 * mm, row_height - 3 * mm)
            write(self._canvas, value, place, Writing(12 if self._tall else 10, 5.5, BOLD))

    def _draw_codes(self, top: float, height: float) -> None:
        """Draw the barcode for scanning at loading and at the door, and the QR code of the tracking page.

        A value that a Code 128 cannot hold is drawn as a second QR code in place of the barcode.
        """
        order, canvas = self._order, self._canvas
        value = order.barcode or order.number or order.id or order.track_id
        left, width = self._left, self._width
        if order.track_link:
            side = min(_QR, height - 3 * mm)
            draw_qr(canvas, order.track_link, left + width - side, top, side)
            caption = Box(left + width - side, top - side - 0.6 * mm, side, 3 * mm)
            write(canvas, "Track this order", caption, Writing(5.5, 5.5, colour=MUTED, to_right=True))
            width -= side + 3 * mm
        place = Box(left, top, width, height - 6 * mm)
        if draw_code128(canvas, value, place, least_bar=_LEAST_BAR):
            words = Box(left, place.top - place.height - 0.8 * mm, width, 5 * mm)
        else:
            side = min(place.height + 4 * mm, _QR)
            draw_qr(canvas, value, left, top, side)
            words = Box(left + side + 2.5 * mm, top, width - side - 2.5 * mm, height)
        write(canvas, value, words, Writing(9, 5, BOLD))
