"""Cursors: what is handed back as it came is a place, and nothing else is."""

import pytest

from waybell.ground import cursors
from waybell.ground.errors import Invalid

PARTS = (1764500000000000, "msg_019c2f0e8a7b7c4d9e8f0a1b2c3d4e5f", 3)
CURSOR = cursors.encode("attempts", *PARTS)


def test_what_was_encoded_is_decoded():
    assert cursors.decode("attempts", CURSOR, 3) == [str(part) for part in PARTS]
    assert cursors.decode("x", cursors.encode("x", "ä"), 1) == ["ä"]


def test_a_cursor_that_was_cut_is_refused():
    for length in range(len(CURSOR)):
        with pytest.raises(Invalid):
            cursors.decode("attempts", CURSOR[:length], 3)


@pytest.mark.parametrize("sign", ["!", "=", " ", "\0", "%3D", "+", "/", "ä", "A", ""])
def test_a_cursor_with_a_sign_too_many_or_too_few_or_another_is_refused(sign):
    for place in range(len(CURSOR)):
        for damaged in (CURSOR[:place] + sign + CURSOR[place:], CURSOR[:place] + sign + CURSOR[place + 1 :]):
            if damaged != CURSOR:
                with pytest.raises(Invalid):
                    cursors.decode("attempts", damaged, 3)


@pytest.mark.parametrize("damaged", ["", "=", "====", "A" * 401, CURSOR + "==", CURSOR * 2, CURSOR.swapcase()])
def test_what_is_no_cursor_is_refused(damaged):
    with pytest.raises(Invalid):
        cursors.decode("attempts", damaged, 3)


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(Invalid):
        cursors.decode("messages", CURSOR, 3)
    with pytest.raises(Invalid):
        cursors.decode("attempts", CURSOR, 2)
