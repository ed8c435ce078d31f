"""Text on paper: the fonts, the formats of values, and text that never leaves its box."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from waybell.ground.bulkhead import Bulkhead

REGULAR, BOLD = "Waybell", "Waybell-Bold"
INK, MUTED, LINE, TINT = (HexColor(value) for value in ("#14202b", "#5a6672", "#c9d1d8", "#f2f5f7"))
GOOD, BAD, HELD = (HexColor(value) for value in ("#176f31", "#b31d28", "#8f4700"))
WHITE = HexColor("#ffffff")

REFUSAL = "Too many documents are being made at this moment. Try again."
# Documents are made one at a time, because threads would share fonts, in which reportlab notes the used letters.
bulkhead = Bulkhead(1, 24, REFUSAL)

_FILES = {REGULAR: "DejaVuSansCondensed.ttf", BOLD: "DejaVuSansCondensed-Bold.ttf"}
_LEADING = 1.22
_SHRINK = 0.5  # points
_HUGE = 1e15  # beyond it a float has no decimals left


@dataclass(frozen=True, slots=True)
class Letterhead:
    """The account in the head of a document: the name, the bytes of the logo, the time zone."""

    name: str
    logo: bytes | None
    time_zone: str


@cache
def load_fonts() -> None:
    """Load the fonts, once for each process. It takes a tenth of a second.

    reportlab keeps the fonts in memory, and embeds only the letters that a document uses.
    """
    rl_config.useA85 = 0  # pictures as bytes; encoding them as letters, by a loop in Python, takes a second
    for name, file in _FILES.items():
        with as_file(files("waybell.documents") / "fonts" / file) as path:
            pdfmetrics.registerFont(TTFont(name, path))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def clean(text: object) -> str:
    """Return the text as it can be printed: control characters become blanks, line breaks stay."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in str(text)).strip()


def number(value: float) -> str:
    """Write a quantity without needless zeros: `12.5`, `10`."""
    return f"{value:.6f}".rstrip("0").rstrip(".") if abs(value) < _HUGE else f"{value:g}"


def money(value: float | str) -> str:
    """Write an amount with two decimals; text that is not a number stays as it is."""
    try:
        return f"{float(value):,.2f}".replace(",", "\N{NO-BREAK SPACE}")
    except ValueError:
        return clean(value)


def day(text: str | None) -> str:
    """Return the day of a wall-clock time as the API writes it."""
    return (text or "")[:10]


def minute(text: str | None) -> str:
    """Write a wall-clock time for people: `2026-11-23 10:15`."""
    return (text or "")[:16].replace("T", " ")


def window(begin: str | None, end: str | None) -> str:
    """Write a time window as `09:00-12:00`, with a dash; either side may be missing."""
    if not (begin or end):
        return ""
    return f"{(begin or '')[11:16]}\N{EN DASH}{(end or '')[11:16]}"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the page; `top` is its upper edge."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Writing:
    """The style of a text: its size is as large as the box allows, between two sizes in points."""

    size: float
    least: float
    font: str = REGULAR
    colour: Color = INK
    to_right: bool = False


def write(canvas: Canvas, text: str, box: Box, how: Writing) -> float:
    """Write the text into the box and return the height that it took.

    Long text gets smaller, and ends with an ellipsis when even the smallest size is too large.
    """
    size, lines = _fitted(clean(text), box.width, box.height, how)
    canvas.setFillColor(how.colour)
    canvas.setFont(how.font, size)
    baseline = box.top - size * 0.95
    for line in lines:
        if how.to_right:
            canvas.drawRightString(box.left + box.width, baseline, line)
        else:
            canvas.drawString(box.left, baseline, line)
        baseline -= size * _LEADING
    return len(lines) * size * _LEADING


def _fitted(text: str, width: float, height: float, how: Writing) -> tuple[float, list[str]]:
    if not text:
        return how.size, []
    size = how.size
    while True:
        lines = list(_lines(text, how.font, size, width))
        fitting = max(1, int((height + size * (_LEADING - 1)) / (size * _LEADING)))
        # A word is broken only when it does not fit a line at the smallest size.
        if len(lines) <= fitting and (size <= how.least or not _breaks_words(text, how.font, size, width)):
            return size, lines
        if size <= how.least:
            return size, [*lines[: fitting - 1], _cut(lines[fitting - 1] + "\N{HORIZONTAL ELLIPSIS}", how, size, width)]
        size = max(how.least, size - _SHRINK)


def _breaks_words(text: str, font: str, size: float, width: float) -> bool:
    return any(pdfmetrics.stringWidth(word, font, size) > width for word in _words(text))


def _cut(line: str, how: Writing, size: float, width: float) -> str:
    while len(line) > 1 and pdfmetrics.stringWidth(line, how.font, size) > width:
        line = line[:-2] + "\N{HORIZONTAL ELLIPSIS}"
    return line


def _lines(text: str, font: str, size: float, width: float) -> Iterator[str]:
    for paragraph in text.split("\n"):
        line = ""
        for word in _words(paragraph):
            longer = f"{line} {word}".strip()
            if pdfmetrics.stringWidth(longer, font, size) <= width:
                line = longer
                continue
            if line:
                yield line
            *full, line = _pieces(word, font, size, width)
            yield from full
        yield line


def _words(text: str) -> list[str]:
    """Split the text at blanks and line breaks, but not at no-break spaces."""
    return [word for line in text.split("\n") for word in line.split(" ") if word]


def _pieces(word: str, font: str, size: float, width: float) -> list[str]:
    """Split a word into parts that fit a line."""
    pieces = [""]
    for sign in word:
        if pieces[-1] and pdfmetrics.stringWidth(pieces[-1] + sign, font, size) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces
