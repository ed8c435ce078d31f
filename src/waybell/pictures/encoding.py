"""Any picture that somebody sends becomes one of ours: checked, no larger than sensible, and free of what else it said.

Only its pixels are kept: what cameras write beside them (where it was taken, by which phone) is not for receivers of
links, and no byte of the sender's reaches a browser.
"""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PIL import ExifTags, Image, ImageOps

from waybell.ground.bulkhead import Bulkhead
from waybell.ground.errors import Invalid

MAX_BYTES = 10 * 1024 * 1024
# As sent: phones make up to 50 megapixels. A progressive JPEG is held as a whole, whatever is then read of it.
_MAX_PIXELS, _MAX_PROGRESSIVE = 60_000_000, 25_000_000
# As read, four bytes each: a large JPEG is read at a half, a quarter or an eighth of its size, a PNG as it is.
_MAX_READ = 16_000_000
# A progressive JPEG goes over all of its pixels in each scan; cameras need a dozen, a file made for it holds thousands.
_SCAN, _MAX_SCANS = b"\xff\xda", 100
_PHOTO = (1600, 1600)
_LOGO = (600, 240)
_QUALITY = 84
_LYING = (5, 6, 7, 8)  # orientations of what is to be turned by a quarter
# One at a time, as it can take 170 MB; and always in the same thread: each thread has a heap of its own, which keeps
# what it once had: twelve large PNGs at once left 1.7 GB in twelve of them.
_bulkhead = Bulkhead(1, 8, "Too many pictures are being read at this moment. Send it again.")
_thread = ThreadPoolExecutor(1, thread_name_prefix="pictures")


def photo(sent: bytes) -> bytes:
    """A JPEG, upright, its longer side 1600 pixels at the most.

    Raises `Invalid` for what is no JPEG or PNG, and `Busy` when too many are under way.
    """
    return _few_at_once(_photo, sent)


def logo(sent: bytes) -> bytes:
    """A PNG of 600 x 240 pixels at the most. Raises as `photo` does."""
    return _few_at_once(_logo, sent)


def _few_at_once(make: Callable[[bytes], bytes], sent: bytes) -> bytes:
    with _bulkhead.slot():
        return _thread.submit(make, sent).result()


def _photo(sent: bytes) -> bytes:
    image = _read(sent, _PHOTO)
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    return _encoded(flat, "JPEG", quality=_QUALITY)


def _logo(sent: bytes) -> bytes:
    return _encoded(_read(sent, _LOGO), "PNG", optimize=True)


def _read(sent: bytes, within: tuple[int, int]) -> Image.Image:
    if len(sent) > MAX_BYTES:
        raise Invalid(f"The picture is over the limit of {MAX_BYTES} bytes. Send a smaller one.")
    try:
        image: Image.Image = Image.open(io.BytesIO(sent), formats=("JPEG", "PNG"))
        most = _MAX_PROGRESSIVE if "progressive" in image.info else _MAX_PIXELS
        if image.width * image.height <= most and sent.count(_SCAN) <= _MAX_SCANS:
            image.draft("RGB", (max(within), max(within)))
            if image.width * image.height <= _MAX_READ:
                if image.getexif().get(ExifTags.Base.Orientation) in _LYING:  # of a PNG this reads all of it
                    within = within[::-1]
                if image.mode not in ("L", "RGB", "RGBA"):
                    image = image.convert("RGBA")
                image.thumbnail(within)
                return ImageOps.exif_transpose(image).convert("RGBA")  # turned when it is small
    except Exception:  # noqa: BLE001 - its readers raise whatever a broken file leads them to
        raise Invalid("This is no picture: send a JPEG or a PNG.") from None
    raise Invalid("The picture has more pixels than can be read. Send a smaller one.")


def _encoded(image: Image.Image, form: str, **options: int | bool) -> bytes:
    into = io.BytesIO()
    image.save(into, form, **options)
    return into.getvalue()
