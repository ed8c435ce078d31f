"""Lets `python -m waybell` run the command `waybell`."""

from waybell.cli import main

main()
