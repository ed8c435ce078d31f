"""Write docs/settings.md from the settings themselves. Usage: python tools/settings_page.py"""

from pathlib import Path

from waybell.settings import page


def main() -> None:
    Path("docs/settings.md").write_text(page(), encoding="utf-8")


main()
