"""Fetch the browser files that Waybell serves, and the fonts of its documents: `make vendor`.

Run it to change a version, then commit what it wrote. Of each npm package only what is used is kept, with its licence.
The icons become one sprite. `manifest.json` holds the SHA-384 of every file; a test compares.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

STATIC = Path(__file__).parent.parent / "src/waybell/web/ui/static"
VENDOR = STATIC / "vendor"

PACKAGES = {
    "@tabler/core@1.6.1": {
        "dist/css/tabler.min.css": "tabler.min.css",
        "dist/js/tabler.min.js": "tabler.min.js",
    },
    "htmx.org@4.0.1": {
        "dist/htmx.min.js": "htmx.min.js",
        "dist/ext/hx-sse.min.js": "hx-sse.min.js",
        "LICENSE": "LICENSE",
    },
}
# For tests only: it never reaches a browser of a user, so it is not in the package.
FOR_TESTS = {"axe-core@4.14.1": {"axe.min.js": "axe.min.js", "LICENSE": "LICENSE"}}
FONTS_PACKAGE = "dejavu-fonts-ttf@2.37.3"
FONTS = {
    "ttf/DejaVuSansCondensed.ttf": "DejaVuSansCondensed.ttf",
    "ttf/DejaVuSansCondensed-Bold.ttf": "DejaVuSansCondensed-Bold.ttf",
    "LICENSE": "LICENSE",
}
FONTS_FOLDER = Path(__file__).parent.parent / "src/waybell/documents/fonts"
TESTS_VENDOR = Path(__file__).parent.parent / "tests/browser/vendor"

# Their package holds no licence file, only the word MIT; the notice stands at the top of their files.
MIT = """The MIT License (MIT)

Copyright (c) 2018-2026 The Tabler Authors

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

ICONS_PACKAGE = "@tabler/icons@3.51.0"
ICONS = """
    activity alert-circle alert-triangle api arrow-back-up arrow-forward-up arrow-left arrow-right arrows-exchange bell
    bolt book building calendar chart-bar check checks chevron-down chevron-left chevron-right circle-check circle-x
    clock copy device-desktop dots-vertical external-link eye filter flag help history hourglass inbox info-circle key
    keyboard layout-kanban list-details lock lock-open logout mail map-2 map-pin menu-2 message minus moon package
    package-off pencil pin player-pause player-play player-stop plug-connected plus refresh rotate route scissors search
    send settings shield-check shield-lock sun table timeline trash truck upload user user-plus users wand webhook world
    x
""".split()  # noqa: SIM905 - a list of a word each would take a page


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for target, packages in ((VENDOR, PACKAGES), (TESTS_VENDOR, FOR_TESTS)):
            shutil.rmtree(target, ignore_errors=True)
            for package, files in packages.items():
                unpacked = _fetch(package, Path(folder))
                for source, name in files.items():
                    destination = target / _folder_name(package) / name
                    destination.parent.mkdir(parents=True, exist_ok=True)
                    # A map is not served, so browsers must not ask for it.
                    text = (unpacked / source).read_text(encoding="utf-8")
                    destination.write_text(re.sub(r"\s*(//#|/\*#) sourceMappingURL=\S+( \*/)?\s*$", "\n", text))
        (VENDOR / "tabler-core-1.6.1/LICENSE").write_text(MIT)
        icons = _fetch(ICONS_PACKAGE, Path(folder))
        target = VENDOR / _folder_name(ICONS_PACKAGE)
        target.mkdir()
        (target / "icons.svg").write_text(_sprite(icons))
        shutil.copy(icons / "LICENSE", target / "LICENSE")
        fonts = _fetch(FONTS_PACKAGE, Path(folder))
        for source, name in FONTS.items():
            shutil.copy(fonts / source, FONTS_FOLDER / name)
    for target in (VENDOR, FONTS_FOLDER):
        copied = sorted(file for file in target.rglob("*") if file.is_file() and file.name != "manifest.json")
        manifest = {str(file.relative_to(target)): digest(file) for file in copied}
        (target / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


def digest(file: Path) -> str:
    return "sha384-" + base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()


def _folder_name(package: str) -> str:
    """`@tabler/core@1.6.1` -> `tabler-core-1.6.1`."""
    return package.removeprefix("@").replace("/", "-").replace("@", "-")


def _fetch(package: str, folder: Path) -> Path:
    packed = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    )
    target = folder / _folder_name(package)
    with tarfile.open(folder / packed.stdout.split()[-1]) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def _sprite(package: Path) -> str:
    symbols = []
    for name in ICONS:
        svg = (package / "icons/outline" / f"{name}.svg").read_text()
        drawing = svg[svg.index(">", svg.index("<svg")) + 1 : svg.index("</svg>")]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{"".join(drawing.split(chr(10))).strip()}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


if __name__ == "__main__":
    main()
