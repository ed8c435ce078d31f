"""`waybell migrate`: bringing the database to the schema of this version."""

import typer

from waybell.cli.common import DataDir, settings_with


def migrate(data_dir: DataDir = None) -> None:
    """Bring the database to the schema of this version.

    On SQLite `waybell serve` migrates by itself. On PostgreSQL run this once after each update, before the new version
    starts; running it again does no harm.
    """
    from waybell.running import log
    from waybell.running.first_start import connect, make_folder, on_sqlite
    from waybell.schema import migrate as migrations

    settings = settings_with(data_dir=data_dir)
    log.configure(settings.log_format)
    if on_sqlite(settings):
        make_folder(settings.data_dir)
    with connect(settings) as database:
        before, after = migrations.upgrade(database)
    if before == after:
        typer.echo(f"The database is at schema {after} already.")
    else:
        typer.echo(f"The database was {f'at schema {before}' if before else 'empty'} and is at schema {after} now.")
