"""The operation `Test` answers whether the key is good, and how often it may call."""

from support.operations import each


@each("Test")
def test_the_test_answers_ok_to_a_good_key_and_counts_as_a_call(api, told, operation):
    first, second = operation(api), operation(api)
    assert (first.status_code, first.json() if "json" in first.headers["Content-Type"] else first.text) == (200, "ok")
    left = [int(answer.headers["X-Rate-Limit-Remaining"]) for answer in (first, second)]
    assert left[0] - left[1] == 1
    assert told.news() == []


@each("Test")
def test_the_test_answers_no_one_without_a_good_key(api, operation):
    for key in ("", "wrong"):
        api.headers["X-API-KEY"] = key
        assert operation(api).status_code == 401, key


@each("Test")
def test_the_test_refuses_a_content_type_that_is_not_read_here(api, operation):
    refused = api.get(operation.url(), headers={"Content-Type": "text/plain"})
    assert (refused.status_code, refused.json()["Status"]) == (415, 415)
    assert api.get(operation.url(), headers={"Content-Type": "application/json"}).status_code == 200
