"""`waybell config`: the settings in force, and the source of each."""

import typer

from waybell.cli.common import DataDir, print_table, settings_with

app = typer.Typer(help="Settings: what is in force, and where it comes from.", no_args_is_help=True)


@app.command()
def show(data_dir: DataDir = None) -> None:
    """Show each setting, its value, and where the value comes from. Secrets are masked."""
    from waybell.settings import as_text, sources

    settings = settings_with(data_dir=data_dir)
    where = sources()
    print_table(
        ["Setting", "Value", "From"],
        [[name, as_text(settings, name), where.get(name, "default")] for name in type(settings).model_fields],
    )
