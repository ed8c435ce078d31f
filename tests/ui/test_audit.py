"""The audit trail, and that rubbish in a URL is no fault of ours."""

from ui.test_endpoints import add


def test_what_was_done_is_listed_newest_first_and_nobody_else_sees_it(ui, other_ui):
    add(ui)
    assert "added the endpoint" in ui.get("/settings/audit").text
    assert "Nothing on record yet" in other_ui.get("/settings/audit").text


def test_a_nul_in_a_cursor_or_a_topic_is_no_fault_of_ours(ui):
    assert ui.get("/settings/audit?after=%00").status_code == 200
    assert ui.get("/live/endpoint/%00").status_code == 404
    assert ui.get("/live/no-such-kind").status_code == 404
