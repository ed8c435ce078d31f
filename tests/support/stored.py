"""Everything that a database holds, as text."""

from collections.abc import Iterator

from sqlalchemy import MetaData

from waybell.db.database import Database


def all_rows(database: Database) -> Iterator[tuple[str, dict[str, str]]]:
    """Each row of each table that is there: the table's name, and its values as text."""
    tables = MetaData()
    tables.reflect(database.engine)
    with database.engine.connect() as connection:
        for table in tables.sorted_tables:
            for row in connection.execute(table.select()).mappings():
                yield table.name, {column.name: _text(row[column]) for column in table.columns}


def all_values(database: Database) -> Iterator[str]:
    for _, row in all_rows(database):
        yield from row.values()


def _text(value: object) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
