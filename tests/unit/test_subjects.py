"""What events are about: our own objects are told from what publishers name."""

import pytest

from waybell.events.subjects import KINDS, Subject, is_a, is_reserved, parsed


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_of_an_object_of_ours_is_read_back_and_reserved(kind):
    subject = Subject(kind, "7:a")
    assert parsed(str(subject)) == subject
    assert [one for one in KINDS if is_a(one, str(subject))] == [kind]
    assert is_reserved(str(subject).upper())


@pytest.mark.parametrize("text", ["", "order", "orders:7", "Order:7", "invoice:order:7", "ep_7"])
def test_the_text_of_a_publisher_names_no_object_of_ours(text):
    assert parsed(text) is None
    assert not any(is_a(kind, text) for kind in KINDS)


def test_the_id_of_an_event_is_reserved_and_names_no_object():
    assert (parsed("evt_7"), is_reserved("evt_7")) == (None, True)
