"""Check that a version can be released, build its files into dist/, and tag it: `make release`.

The version stands in `src/waybell/__init__.py` alone. The files are the sdist, the wheel, a list of all parts (an SBOM
in the format CycloneDX), the section of the changelog, and the SHA-256 of each. `--dry-run` leaves out `make check` and
the tag, and says what would stop the release instead of stopping. docs/releasing.md has the steps around it.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

import changelog
import commit_log
import vendor
import wheel_check as wheel

ROOT = Path(__file__).parent.parent
VERSION_FILE = ROOT / "src" / "waybell" / "__init__.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dry-run", action="store_true", help="leave out make check and the tag")
    dry_run = parser.parse_args().dry_run

    version = version_in(VERSION_FILE.read_text(encoding="utf-8"))
    sections = changelog.sections(changelog.FILE.read_text(encoding="utf-8"))
    tags = commit_log.git("tag", "--list", "v*").split()
    problems = problems_of(version, sections, tags, datetime.now(UTC).date())
    since = _before(tags, version)
    if commit_log.is_known(since):
        problems += commit_log.faults_since(since)
    else:
        problems.append(f"This clone lacks the commits since {since}: git fetch --unshallow --tags.")
    if commit_log.git("status", "--porcelain"):
        problems.append("Not everything is committed.")
    for problem in problems:
        print(f"{'would stop it' if dry_run else 'stops it'}: {problem}")
    if problems and not dry_run:
        sys.exit("Nothing was built.")
    if not dry_run:
        subprocess.run(["make", "check"], cwd=ROOT, check=True)

    built = wheel.build()
    if wheel.version_of(built) != version:
        sys.exit(f"{built.name} is not of version {version}.")
    wheel.try_out(built)
    shutil.copy(ROOT / "constraints.txt", wheel.DIST)
    notes = next((section.text for section in sections if section.name == version), "")
    (wheel.DIST / "notes.md").write_text(f"# Waybell {version}\n\n{notes}\n", encoding="utf-8")
    (wheel.DIST / f"waybell-{version}.cdx.json").write_text(bill_of_materials(version), encoding="utf-8")
    files = sorted(path for path in wheel.DIST.iterdir() if path.name != "SHA256SUMS")
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}" for path in files]
    (wheel.DIST / "SHA256SUMS").write_text("\n".join(sums) + "\n", encoding="utf-8")
    for path in files:
        print(f"{path.stat().st_size:>10,}  dist/{path.name}")
    if dry_run:
        print(f"This was a dry run: nothing has the tag v{version}.")
        return
    commit_log.git("tag", "--annotate", f"v{version}", "--cleanup=verbatim", "--file", str(wheel.DIST / "notes.md"))
    print(f"Tagged v{version}. Now: git push --follow-tags, and publish what is in dist/.")


def version_in(source: str) -> str:
    found = re.search(r'^__version__ = "(.+)"$', source, re.MULTILINE)
    if not found:
        raise ValueError("There is no __version__.")
    return found[1]


def problems_of(version: str, sections: Sequence[changelog.Section], tags: Sequence[str], today: date) -> list[str]:
    """Return what keeps this version from being released today, a sentence each."""
    unreleased, *released = sections or [None]
    found = []
    if unreleased is None or unreleased.released is not None:
        found.append("CHANGELOG.md does not begin with ## Unreleased.")
    elif unreleased.text:
        found.append(f"CHANGELOG.md holds changes under ## Unreleased: move them to ## {version} - {today}.")
    newest = released[0] if released else None
    if newest is None or newest.name != version:
        found.append(f"The newest version in CHANGELOG.md is {newest and newest.name}, but __version__ is {version}.")
    elif not newest.text:
        found.append(f"CHANGELOG.md says nothing of {version}.")
    elif newest.released and newest.released > today:
        found.append(f"CHANGELOG.md dates {version} in the future: {newest.released}.")
    if f"v{version}" in tags:
        found.append(f"The tag v{version} is there already: raise __version__.")
    if later := [tag for tag in tags if _order(tag) > _order(version)]:
        found.append(f"A later version has a tag: {', '.join(later)}.")
    return found


def _order(version: str) -> tuple[int, ...]:
    """Return what versions and their tags are compared by."""
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _before(tags: Sequence[str], version: str) -> str:
    """Return where the commits of this version begin: behind the version before it, or where the rules began."""
    earlier = [tag for tag in tags if _order(tag) < _order(version)]
    return max(earlier, key=_order) if earlier else commit_log.BEGINS_BEHIND


def bill_of_materials(version: str) -> str:
    """Return the SBOM: what the wheel was installed with, and what of others it carries in itself."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", str(wheel.EMPTY / "bin" / "python")]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    document = json.loads(done.stdout)
    document["metadata"]["component"] |= {"version": version, "purl": f"pkg:pypi/waybell@{version}"}
    document["components"] += carried()
    return json.dumps(document, indent=2) + "\n"


def carried() -> list[dict[str, str]]:
    """Return the npm packages of which the wheel holds files: style, scripts, icons and fonts."""
    packages = [*vendor.PACKAGES, vendor.ICONS_PACKAGE, vendor.FONTS_PACKAGE]
    parts = (package.rpartition("@") for package in packages)
    return [
        {
            "type": "library",
            "bom-ref": f"npm-{name}",
            "name": name,
            "version": version,
            "purl": f"pkg:npm/{quote(name)}@{version}",
        }
        for name, _, version in parts
    ]


if __name__ == "__main__":
    main()
