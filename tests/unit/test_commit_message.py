"""What the hook for the messages of commits takes and refuses."""

import pytest

from support.scripts import modules_of

BODY = "\n\nIt says why.\n\n# Please enter the commit message\n"


@pytest.fixture
def faults():
    with modules_of("tools"):
        from commit_message import faults  # noqa: PLC0415

        yield faults


@pytest.mark.parametrize(
    "subject",
    [
        "Add a setting for goods",
        "Tests: empty PostgreSQL by deleting",
        "Feed what waits to the loop",
        "Sending: say when",
        "Merge branch x",
    ],
)
def test_a_subject_in_the_imperative_is_taken(faults, subject):
    assert faults(subject + BODY) == faults(subject) == []


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("Add it", "6 characters"),
        ("Add a setting that " + "is very " * 7, "characters"),
        ("Added a setting", "imperative"),
        ("Tests: adding a setting", "imperative"),
        ("Fixes the second claim", "imperative"),
        ("add a setting", "capital"),
        ("Add a setting.", "full stop"),
        ("Add a setting\nfor goods", "second line"),
        ("Add a setting\n\nTried in /home/me/waybell.", "/home/m"),
    ],
)
def test_what_readers_of_the_log_would_stumble_over_is_refused(faults, message, fault):
    [said] = faults(message)
    assert fault in said
