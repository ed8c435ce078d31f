"""Any picture that somebody sends becomes one of ours: checked, no larger than sensible, and free of what else it said.

Only its pixels are kept: what cameras write beside them (where it was taken, by which phone) is not for receivers of
links, and no byte of the sender's reaches a browser.
"""

import io
import threading

from PIL import Image, ImageOps

from waybell.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
_MAX_PIXELS = {"JPEG": 60_000_000, "PNG": 25_000_000}  # a JPEG is read at a fraction of its size, a PNG is not
# A progressive JPEG goes over all of its pixels in each scan; cameras need a dozen, a file made for it holds thousands.
_SCAN, _MAX_SCANS = b"\xff\xda", 100
_PHOTO = (1600, 1600)
_LOGO = (600, 240)
_QUALITY = 84

# One at a time: what is being decoded can take some hundred megabytes, however many are sent at once.
_turn = threading.Lock()


def photo(sent: bytes) -> bytes:
    """A JPEG, upright, its longer side 1600 pixels at the most. Raises `Invalid` for what is no JPEG or PNG."""
    with _turn:
        image = _decoded(sent, _PHOTO)
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image.getchannel("A"))
        return _encoded(flat, "JPEG", quality=_QUALITY)


def logo(sent: bytes) -> bytes:
    """A PNG of 600 x 240 pixels at the most. Raises `Invalid` for what is no JPEG or PNG."""
    with _turn:
        return _encoded(_decoded(sent, _LOGO), "PNG", optimize=True)


def _decoded(sent: bytes, within: tuple[int, int]) -> Image.Image:
    if len(sent) > MAX_BYTES:
        raise Invalid(f"The picture is over the limit of {MAX_BYTES} bytes. Send a smaller one.")
    try:
        opened = Image.open(io.BytesIO(sent), formats=("JPEG", "PNG"))
        pixels = opened.width * opened.height
        if pixels <= _MAX_PIXELS[opened.format or ""] and sent.count(_SCAN) <= _MAX_SCANS:
            opened.draft("RGB", within)
            image = ImageOps.exif_transpose(opened)
            if image.mode not in ("L", "RGB", "RGBA"):
                image = image.convert("RGBA")
            image.thumbnail(within)
            return image.convert("RGBA")
    except Exception:  # noqa: BLE001 - its readers raise whatever a broken file leads them to
        raise Invalid("This is no picture: send a JPEG or a PNG.") from None
    raise Invalid("The picture has more pixels than can be read. Send a smaller one.")


def _encoded(image: Image.Image, form: str, **options: int | bool) -> bytes:
    into = io.BytesIO()
    image.save(into, form, **options)
    return into.getvalue()
