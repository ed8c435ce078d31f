"""Write docs/settings.md from the settings themselves. Usage: make settings-page"""

from pathlib import Path

from waybell.settings import page


def main() -> None:
    path = Path(__file__).parents[1] / "docs" / "settings.md"
    path.write_text(page(), encoding="utf-8")


main()
