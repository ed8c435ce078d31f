"""The browser files and fonts of others are those that their authors published."""

import base64
import hashlib
import json
from importlib.resources import files

from waybell.web.ui.render import STATIC


def test_every_vendored_file_is_in_the_manifest_with_its_digest():
    vendor = STATIC / "vendor"
    manifest = json.loads((vendor / "manifest.json").read_text())
    found = {}
    for folder in vendor.iterdir():
        if folder.is_dir():
            for file in folder.iterdir():
                digest = base64.b64encode(hashlib.sha384(file.read_bytes()).digest()).decode()
                found[f"{folder.name}/{file.name}"] = f"sha384-{digest}"
    assert found == manifest


def test_every_vendored_folder_holds_its_licence():
    for folder in (STATIC / "vendor").iterdir():
        if folder.is_dir():
            assert "ermission" in (folder / "LICENSE").read_text()


def test_the_fonts_are_in_their_manifest_with_their_licence():
    fonts = files("waybell.documents") / "fonts"
    found = {file.name: file.read_bytes() for file in fonts.iterdir() if file.name != "manifest.json"}
    digests = {
        name: f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}" for name, content in found.items()
    }
    assert digests == json.loads((fonts / "manifest.json").read_text())
    assert b"ermission" in found["LICENSE"]
    assert sum(map(len, found.values())) < 2_000_000
