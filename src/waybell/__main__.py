"""`python -m waybell` is `waybell`."""

from waybell.cli import main

main()
