"""A part of an import as bytes: compressed JSON, because a file of 10,000 rows takes several megabytes. Pure."""

import zlib
from collections.abc import Sequence

from pydantic_core import from_json, to_json

from waybell.importing.assembling import FileOrder, Problem

_FAST = 1


def packed(orders: Sequence[FileOrder]) -> bytes:
    rows = [
        {
            "rows": order.rows,
            "cells": list(order.cells.values()),
            "request": order.request,
            "track_id": order.track_id,
            "stop": order.stop,
            "route": order.route,
            "act": order.act,
            "about": order.about,
            "problems": [[one.row, one.column, one.level, one.text] for one in order.problems],
        }
        for order in orders
    ]
    return zlib.compress(to_json(rows), _FAST)


def unpacked(body: bytes) -> list[FileOrder]:
    return [
        FileOrder(
            rows=row["rows"],
            cells=dict(zip(row["rows"], row["cells"], strict=True)),
            request=row["request"],
            track_id=row["track_id"],
            stop=row["stop"],
            route=row["route"],
            act=row["act"],
            about=row["about"],
            problems=[Problem(*one) for one in row["problems"]],
        )
        for row in from_json(zlib.decompress(body))
    ]
