"""Pages as people read them."""

import html
import re
from typing import Any


def text_of(answer: Any) -> str:
    """The text of a page, blanks run together."""
    assert answer.status_code == 200, answer.text
    text = re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))
    return re.sub(r" (?=[,.])", "", text)
