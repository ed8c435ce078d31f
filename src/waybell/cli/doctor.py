"""`waybell doctor`: checks of the installation, each with a remedy."""

import typer

from waybell.cli.common import DataDir


def doctor(data_dir: DataDir = None) -> None:
    """Check the installation, and say what to do about each fault. Exit code 1 when there is a fault."""
    from waybell.cli.common import override
    from waybell.running.doctor import examine

    override(data_dir=data_dir)
    findings = examine()
    for finding in findings:
        colour = {"ok": "green", "warning": "yellow", "fault": "red"}[finding.verdict]
        typer.secho(f"{finding.verdict:8}", fg=colour, bold=True, nl=False)
        typer.echo(f"{finding.check:18}{finding.detail}")
        if finding.remedy:
            typer.echo(f"{'':8}{'':18}-> {finding.remedy}")
    faults = sum(finding.verdict == "fault" for finding in findings)
    typer.echo(f"\n{faults} fault{'s' * (faults != 1)}." if faults else "\nEverything that matters is right.")
    raise typer.Exit(1 if faults else 0)
