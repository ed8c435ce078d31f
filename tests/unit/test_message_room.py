"""Only the room of messages writes the tables `messages` and `attempts`; an import contract says who may read them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import waybell

SOURCE = Path(waybell.__file__).parent
ROOM = SOURCE / "webhooks" / "messages"
TABLES = {"messages", "attempts"}
BUILDERS = {"update", "delete", "insert", "insert_into", "insert_each"}  # called with the table


def writes_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=table), *_]) if name in BUILDERS:
                written = table
            case ast.Call(func=ast.Attribute(value=ast.Name(id=table), attr="insert" | "update" | "delete")):
                written = table
            case ast.Constant(value=str(text)) if text.upper().startswith(("UPDATE ", "DELETE FROM ", "INSERT INTO ")):
                written = text.split()[2 if " " in text and not text.upper().startswith("UPDATE") else 1]
            case _:
                continue
        if written in TABLES:
            yield f"{path.relative_to(SOURCE)}:{node.lineno}"


def test_no_other_room_writes_messages_or_attempts():
    others = [path for path in SOURCE.rglob("*.py") if ROOM not in path.parents and "migrations" not in path.parts]
    assert [write for path in others for write in writes_of(path)] == []


def test_each_kind_of_write_is_found_in_the_room():
    found = {write.partition(":")[0].rpartition("/")[2] for path in ROOM.glob("*.py") for write in writes_of(path)}
    assert {"attempts.py", "canceling.py", "claims.py", "fan_in.py", "lanes.py", "pruning.py", "results.py"} <= found
