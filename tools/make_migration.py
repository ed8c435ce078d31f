"""Write the next migration from the difference between the tables and the migrations there are.

Usage: make migration M="what changes". Read what it wrote before you commit it.
"""

import sys
import tempfile
from pathlib import Path

from alembic import command

from waybell.db.database import Database
from waybell.schema.migrate import _config, upgrade


def main() -> None:
    message = sys.argv[1]
    versions = Path("src/waybell/schema/migrations/versions")
    number = f"{len(list(versions.glob('0*.py'))) + 1:04d}"
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        if number != "0001":
            upgrade(database)
        config = _config()
        with database.engine.connect() as connection:
            config.attributes["connection"] = connection
            command.revision(config, message, autogenerate=True, rev_id=number)
        database.close()


main()
