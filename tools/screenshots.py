"""`make screenshots`: every page, light and dark, wide and on a phone, as pictures in build/screenshots with an index.

A server is started for it on a throw-away folder, with an account full of a day's life.
"""

import os
import sys
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from support.browser import axe_violations, chromium, sign_in  # noqa: E402
from support.program import Program, eventually, free_port  # noqa: E402
from support.showcase import furnish  # noqa: E402
from waybell.accounts.model import Actor  # noqa: E402
from waybell.app import build, build_web  # noqa: E402
from waybell.running.first_start import prepare  # noqa: E402
from waybell.settings import load  # noqa: E402

INTO = ROOT / "build/screenshots"
LOOKS = {
    "light-wide": ("light", {"width": 1280, "height": 850}),
    "dark-wide": ("dark", {"width": 1280, "height": 850}),
    "light-phone": ("light", {"width": 390, "height": 844}),
    "dark-phone": ("dark", {"width": 390, "height": 844}),
}
SETTINGS = {
    "ALLOW_HTTP_ENDPOINTS": "true",
    "ALLOWED_NETWORKS": "127.0.0.0/8",
    "RETRY_PAUSES": "1s,1s,5m,30m,2h",
}


def main() -> None:
    INTO.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        settings: dict[str, Any] = SETTINGS | {"PORT": str(port), "DATA_DIR": str(folder / "data")}
        loaded = load({f"WAYBELL_{key}": value for key, value in settings.items()} | {"WAYBELL_CONFIG": os.devnull})
        first = prepare(loaded, account_name="Tallinn Kitchen Supplies", time_zone="Europe/Tallinn")
        assert first
        app = build(loaded)
        program = Program(folder, "serve", **settings)
        try:
            eventually(lambda: program.status("/readyz") == 200)
            webhook_tools = build_web(app).state.tools
            pages = furnish(app, webhook_tools, Actor(first.account, "Administrator"), port, first.key_text).pages
            _take(f"http://127.0.0.1:{port}", first.email, first.password, pages, sys.argv[1:])
        finally:
            program.end()
            app.close()
    print(f"Look at {(INTO / 'index.html').relative_to(ROOT)}")


def _take(url: str, email: str, password: str, pages: dict[str, str], wanted: list[str]) -> None:
    with chromium() as browser:
        for look, (scheme, viewport) in LOOKS.items():
            context = browser.new_context(color_scheme=scheme, viewport=viewport)  # type: ignore[arg-type]
            page = context.new_page()
            page.on("pageerror", lambda error: print("  script:", error))
            for name, path in pages.items():
                if wanted and name not in wanted:
                    continue
                if path != "/sign-in" and not context.cookies():
                    sign_in(page, url, email, password)
                page.goto(url + path)
                page.screenshot(path=INTO / f"{name}-{look}.png", full_page=True)
                for violation in axe_violations(page):
                    print(f"{name} {look}: {violation}")
                if page.evaluate("document.documentElement.scrollWidth > innerWidth + 1"):
                    print(f"{name} {look}: wider than the screen")
            context.close()
    rows = [
        f"<h2>{escape(name)}</h2>"
        + "".join(f'<img src="{name}-{look}.png" alt="{look}" height="420"> ' for look in LOOKS)
        for name in pages
    ]
    (INTO / "index.html").write_text("<!doctype html><title>Waybell's pages</title>" + "\n".join(rows))


if __name__ == "__main__":
    main()
