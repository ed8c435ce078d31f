"""Check the message of a commit, as a hook of git: `python tools/commit_message.py FILE`, or `-` for standard input.

The log is read by people who were not there. A subject says in the imperative what the commit does, in one line that no
view of the log cuts off; the body says why.
"""

import re
import sys
from pathlib import Path

LONGEST = 72
SHORTEST = 10
# The first word of a subject, or the one behind "Tests: ". Other words that end alike are taken.
_NOT_IMPERATIVE = re.compile(r"(?:\w+: )?(?:\w+(?:ed|ing)|adds|fixes|makes|removes|uses)\b(?!:)", re.IGNORECASE)
_ALLOWED = re.compile(r"(?:\w+: )?(?:bring|embed|exceed|feed|need|proceed|seed|shed|speed|string)\b", re.IGNORECASE)
_MACHINE = re.compile(r"(?<![\w.])(?:/(?:home|root|tmp|work|Users|private)/\w|[A-Z]:\\)")


def faults(message: str) -> list[str]:
    """Return what is wrong with the message, a sentence each."""
    lines = [line for line in message.splitlines() if not line.startswith("#")]
    subject, rest = (lines[0] if lines else ""), lines[1:]
    if re.match(r"(?:fixup|squash|amend)! |Merge |Revert ", subject):
        return []
    found = []
    if not SHORTEST <= len(subject) <= LONGEST:
        found.append(f"The subject has {len(subject)} characters: it should have {SHORTEST} to {LONGEST}.")
    if not subject[:1].isupper():
        found.append("The subject should begin with a capital letter.")
    if subject.endswith("."):
        found.append("The subject should not end with a full stop.")
    if _NOT_IMPERATIVE.match(subject) and not _ALLOWED.match(subject):
        found.append('The subject should be in the imperative: "Add a setting", not "Added" or "Adding".')
    if rest and rest[0].strip():
        found.append("The second line should be empty.")
    if path := _MACHINE.search("\n".join(lines)):
        found.append(f"A path of one machine says nothing to others: {path[0]}...")
    return found


if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else "-"
    found = faults(sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8"))
    print("\n".join(found), end="\n" if found else "")
    sys.exit(bool(found))
