"""Check the messages of all commits since the rules for them began: `make lint` runs it, and so does `make release`.

A commit that has landed is never written anew. Where a message that breaks the rules has landed all the same, name that
commit as the one that the check begins behind.
"""

import subprocess
import sys

from commit_message import faults

BEGINS_BEHIND = "86cd36c"


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout


def is_known(revision: str) -> bool:
    """Return whether this clone has the commit: a shallow one may not, and an unpacked archive has none."""
    try:
        git("merge-base", "--is-ancestor", revision, "HEAD")
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False
    return True


def faults_since(revision: str) -> list[str]:
    """Return a line for each fault of each message behind this commit."""
    entries = git("log", "--no-merges", "--format=%h%x1f%B%x1e", f"{revision}..HEAD").split("\x1e")
    messages = (entry.strip().partition("\x1f") for entry in entries if entry.strip())
    return [f"{commit}: {fault}" for commit, _, message in messages for fault in faults(message)]


if __name__ == "__main__":
    found = faults_since(BEGINS_BEHIND) if is_known(BEGINS_BEHIND) else []
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
