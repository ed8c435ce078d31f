"""Every uploaded picture is encoded anew: checked, reduced to a sensible size, and stripped of its metadata.

Only the pixels are kept. What cameras add (where a photo was taken, by which phone) must not reach the receivers of
links, and no byte of the sender reaches a browser.
"""

import io
from hashlib import sha256

from PIL import ExifTags, Image, ImageOps

from waybell.ground.errors import Invalid
from waybell.pictures.model import Photo

MAX_BYTES = 10 * 1024 * 1024
# Limits on a picture as sent, in pixels. Phones make up to 50 megapixels. A progressive JPEG is held in memory as a
# whole, however small it is read.
_MAX_PIXELS, _MAX_PROGRESSIVE = 60_000_000, 25_000_000
# The limit on a picture as read, at four bytes each. A large JPEG is read at a half, a quarter or an eighth of its
# size, a PNG in full.
_MAX_READ = 16_000_000
# Each scan of a progressive JPEG covers all pixels. Cameras need a dozen; a malicious file holds thousands.
_SCAN, _MAX_SCANS = b"\xff\xda", 100
_PHOTO = (1600, 1600)
_LOGO = (600, 240)
_QUALITY = 84
_LYING = (5, 6, 7, 8)  # EXIF orientations that need a quarter turn


def photo(sent: bytes) -> Photo:
    """Return the picture as a JPEG, upright, its longer side at most 1600 pixels.

    Raise `Invalid` when it is not a JPEG or PNG or is too large.
    """
    image = _read(sent, _PHOTO)
    flat = Image.new("RGB", image.size, "white")
    flat.paste(image, mask=image.getchannel("A"))
    return Photo(_encoded(flat, "JPEG", quality=_QUALITY), sha256(sent).hexdigest())


def logo(sent: bytes) -> bytes:
    """Return the picture as a PNG of at most 600 x 240 pixels.

    Raise the same errors as `photo`.
    """
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
                if image.getexif().get(ExifTags.Base.Orientation) in _LYING:  # reads the whole file of a PNG
                    within = within[::-1]
                if image.mode not in ("L", "RGB", "RGBA"):
                    image = image.convert("RGBA")
                image.thumbnail(within)
                return ImageOps.exif_transpose(image).convert("RGBA")  # turned after it was reduced
    except Exception:  # noqa: BLE001 - a broken file can make its reader raise anything
        raise Invalid("This is no picture: send a JPEG or a PNG.") from None
    raise Invalid("The picture has more pixels than can be read. Send a smaller one.")


def _encoded(image: Image.Image, form: str, **options: int | bool) -> bytes:
    into = io.BytesIO()
    image.save(into, form, **options)
    return into.getvalue()
