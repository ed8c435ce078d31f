"""`GetRejectReasonsList` lists the reasons for which orders are rejected."""

from support.operations import each


@each("GetRejectReasonsList")
def test_reject_reasons_are_an_object_of_four_lists_which_a_new_account_has(api, told, operation):
    answer = operation(api)
    assert answer.status_code == 200
    found = answer.json()
    assert list(found) == ["SiteIssue", "OrderIssue", "GoodsIssue", "ScanningIssues"]
    assert found["SiteIssue"][0] == {"Id": 1, "Name": "Nobody there"}
    ids = [one["Id"] for some in found.values() for one in some]
    assert len(ids) == len(set(ids)) > 0
    assert all(found.values())
    assert told.news() == []
