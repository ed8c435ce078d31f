"""Drawing barcodes, QR codes and pictures."""

import io
from itertools import groupby

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from waybell.documents.text import Box

_JPEG = b"\xff\xd8"
_QUIET_MODULES = 10  # the quiet zone of a Code 128, on each side


def draw_code128(canvas: Canvas, value: str, box: Box, *, least_bar: float) -> bool:
    """Draw a Code 128 over the width of the box; return False, without drawing, when the value does not fit.

    A value fits when all characters are printable ASCII and the bars are at least `least_bar` points wide.
    """
    if not value.isascii() or not value.isprintable():
        return False
    bars = Code128(value, barWidth=1, barHeight=box.height, quiet=0)
    bar = box.width / (float(bars.width) + 2 * _QUIET_MODULES)
    if bar < least_bar:
        return False
    # Wider bars would be harder to scan.
    bar = min(bar, 3 * least_bar)
    bars = Code128(value, barWidth=bar, barHeight=box.height, quiet=0)
    canvas.setFillColorRGB(0, 0, 0)
    bars.drawOn(canvas, box.left + (box.width - float(bars.width)) / 2, box.top - box.height)
    return True


def draw_qr(canvas: Canvas, value: str, left: float, top: float, side: float) -> None:
    """Draw a QR code as wide as `side`, without its quiet zone, which the caller leaves around it."""
    modules = _qr_modules(value)
    step = side / len(modules)
    path = canvas.beginPath()
    for row, line in enumerate(modules):
        at = 0
        for dark, run in groupby(line):
            count = len(list(run))
            if dark:
                path.rect(left + at * step, top - (row + 1) * step, count * step, step)
            at += count
    canvas.setFillColorRGB(0, 0, 0)
    canvas.drawPath(path, stroke=0, fill=1)


def _qr_modules(value: str) -> list[list[bool]]:
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(value)
    code.make()
    return [[bool(module) for module in row] for row in code.modules]


class _Jpeg(ImageReader):
    """A JPEG that goes into the document as it is.

    reportlab names a picture by a digest of its pixels, and would decode the picture for that alone.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))
        self._data, self._dataA = content, None


def draw_picture(canvas: Canvas, picture: bytes, box: Box, *, to_right: bool = False) -> float:
    """Draw a picture as large as the box allows, at its upper left (or right) corner; return its width."""
    reader = _Jpeg(picture) if picture.startswith(_JPEG) else ImageReader(io.BytesIO(picture))
    across, down = reader.getSize()
    scale = min(box.width / across, box.height / down)
    width, height = across * scale, down * scale
    left = box.left + box.width - width if to_right else box.left
    canvas.drawImage(reader, left, box.top - height, width, height, mask="auto")
    return width
