"""Build the sdist and the wheel, and try the wheel as somebody who has nothing else: `make wheel-check`.

The wheel is built from the unpacked sdist, so that the sdist is known to be complete. It is installed into an empty
environment without pip, and plays the demo from an empty folder: nothing of the repository is at hand there.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
EMPTY = ROOT / ".cache" / "wheel"


def main() -> None:
    try_out(build())


def build() -> Path:
    """Build both into `dist` and return the wheel."""
    shutil.rmtree(DIST, ignore_errors=True)
    _run(sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT))
    [wheel] = DIST.glob("*.whl")
    return wheel


def try_out(wheel: Path) -> None:
    """Install the wheel, say how large that is, and play the demo with it."""
    install(wheel)
    print(f"{wheel.name}: {_megabytes(wheel):.1f} MB; installed with all that it needs: {_report()}")
    demo()


def install(wheel: Path) -> None:
    """Install the wheel, with the versions that the tests ran with, into an empty environment."""
    shutil.rmtree(EMPTY, ignore_errors=True)
    venv.create(EMPTY, with_pip=False)
    pip = (sys.executable, "-m", "pip", "--python", str(EMPTY / "bin" / "python"))
    _run(*pip, "install", "--quiet", "--constraint", str(ROOT / "constraints.txt"), str(wheel))


def demo() -> None:
    """Play the demo from an empty folder, with an empty environment, by the command that people type."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {"PATH": os.defpath, "HOME": folder}
        command = [str(EMPTY / "bin" / "waybell"), "demo", "--once"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        print(done.stdout[-800:] if done.returncode == 0 else done.stdout + done.stderr)
        left = list(Path(folder).iterdir())
    if done.returncode or left:
        sys.exit(f"The demo ended with {done.returncode} and left {left}.")


def _report() -> str:
    """Say how large the environment is, and of how many packages; modules that Python compiled are part of it."""
    files = [path for path in EMPTY.rglob("*") if path.is_file() and not path.is_symlink()]
    compiled = sum(map(_megabytes, (path for path in files if path.suffix == ".pyc")))
    packages = len([path for path in EMPTY.rglob("*.dist-info") if path.is_dir()])
    return f"{sum(map(_megabytes, files)):.0f} MB in {packages} packages, {compiled:.0f} MB of it compiled by Python"


def _megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


def version_of(wheel: Path) -> str:
    found = re.fullmatch(r"waybell-(.+?)-py3-none-any\.whl", wheel.name)
    if not found:
        sys.exit(f"{wheel.name} is not the name of a wheel for every machine.")
    return found[1]


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


if __name__ == "__main__":
    main()
