"""W3C Trace Context: what is taken, what is passed on, and what is not a trace."""

import re

import pytest

from waybell.ground import trace

ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{ID}-b7ad6b7169203331-01"


def test_our_part_of_a_trace_has_an_id_of_its_own_for_each_request():
    found = trace.read([PARENT], [])
    sent = [trace.headers(found) for _ in range(2)]
    assert sent[0] != sent[1]
    for (line,) in sent:
        assert re.fullmatch(rf"traceparent: 00-{ID}-(?!b7ad6b7169203331)[0-9a-f]{{16}}-01", line)
    assert trace.trace_id(found) == ID


def test_the_state_of_a_trace_goes_on_as_one_header():
    found = trace.read([PARENT], ["a=1, b=2", " c=3 "])
    assert trace.headers(found)[1:] == ["tracestate: a=1, b=2,c=3"]


def test_whether_it_is_sampled_goes_on_and_flags_that_nobody_knows_do_not():
    assert trace.headers(trace.read([PARENT[:-2] + "00"], []))[0].endswith("-00")
    assert trace.headers(trace.read([PARENT[:-2] + "fd"], []))[0].endswith("-01")


def test_a_later_version_is_read_as_far_as_we_know_it():
    assert trace.read([f"cc{PARENT[2:]}-what-may-come"], []) == PARENT


@pytest.mark.parametrize(
    "parents",
    [
        [],
        [""],
        [PARENT.upper()],
        [PARENT + "-more"],
        ["ff" + PARENT[2:]],
        [PARENT.replace(ID, "0" * 32)],
        [PARENT.replace("b7ad6b7169203331", "0" * 16)],
        [PARENT[:-1]],
        [PARENT, PARENT],
        [PARENT.replace("0af7", "0ag7")],
        [PARENT + "\r\nX-Evil: 1"],
    ],
)
def test_what_is_not_valid_is_no_trace(parents):
    assert trace.read(parents, ["a=1"]) is None


@pytest.mark.parametrize("state", ["a=\u00e9", "a=1\r\nX-Evil: 1", "a=" + "1" * 511])
def test_a_state_that_cannot_go_on_is_left_out(state):
    assert trace.read([PARENT], [state]) == PARENT
