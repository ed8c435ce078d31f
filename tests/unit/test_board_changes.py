"""The memory of what has changed on a board: each cursor gets what is new since, whatever came between."""

import random

import pytest

from waybell.board import changes as module
from waybell.board.changes import Changes
from waybell.board.rows import Snapshot


def kept_by_browser(kept, delta):
    """Apply an answer as a browser does."""
    rows = dict(kept) | {row.partition(b"=")[0].decode(): row for row in delta.rows["Orders"]}
    return {key: row for key, row in rows.items() if key not in delta.gone["Orders"]}


def a_snapshot(chance, before):
    rows = dict(before.orders)
    for key in chance.sample([f"o{at}" for at in range(12)], 4):
        if chance.random() < 0.4:
            rows.pop(key, None)
        else:
            rows[key] = f"{key}={chance.randrange(5)}".encode()
    return Snapshot(rows)


def test_browsers_that_ask_now_and_then_see_what_is_there():
    for seed in range(60):
        chance = random.Random(seed)
        changes = Changes()
        browsers = [({}, changes.cursor) for _ in range(4)]
        for _ in range(25):
            changes.take(a_snapshot(chance, changes.snapshot))
            at = chance.randrange(4)
            kept, cursor = browsers[at]
            browsers[at] = kept_by_browser(kept, changes.since(cursor)), changes.cursor
            assert browsers[at][0] == changes.snapshot.orders, seed


def test_a_snapshot_without_a_difference_moves_no_cursor():
    changes = Changes()
    changes.take(Snapshot({"o1": b"o1=1"}))
    cursor = changes.cursor
    assert not changes.take(Snapshot({"o1": b"o1=1"}))
    assert changes.cursor == cursor


def test_a_cursor_from_before_what_was_forgotten_gets_all_rows(monkeypatch):
    monkeypatch.setattr(module, "_MOST_GONE", 3)
    changes = Changes()
    cursors = []
    for at in range(8):
        changes.take(Snapshot({f"o{at}": b"x"}))
        cursors.append(changes.cursor)
    assert changes.since(cursors[0]) is None
    assert changes.since(cursors[-2]).gone["Orders"] == ["o6"]


@pytest.mark.parametrize(
    "cursor", ["", ".", "x.1", "1", "{name}.", "{name}.-1", "{name}.99", "{name}.1.1", "{name}.\u0661"]
)
def test_a_cursor_that_was_not_made_here_gets_all_rows(cursor):
    changes = Changes()
    name = changes.cursor.partition(".")[0]
    assert changes.since(cursor.format(name=name)) is None
