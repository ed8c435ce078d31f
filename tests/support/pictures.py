"""Pictures as cameras and pens make them."""

import io

from PIL import Image, ImageDraw


def a_picture(width=400, height=300, colour="red", form="JPEG", **options) -> bytes:
    image = Image.new("RGB", (width, height), colour)
    ImageDraw.Draw(image).line((10, height // 2, width - 10, height // 3), fill="black", width=5)
    return saved(image, form, **options)


def saved(image: Image.Image, form="PNG", **options) -> bytes:
    into = io.BytesIO()
    image.save(into, form, **options)
    return into.getvalue()


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))
