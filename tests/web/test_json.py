"""Bodies in JSON: what is none is refused in words."""

import pytest


def post(api, body):
    return api.post("/api/Order", content=body, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "body",
    [
        b'{"Weight": NaN}',
        b'{"Weight": Infinity}',
        b'{"Weight": 1e999}',
        b'{"Note": "\\ud800"}',
        b'{"Note": "\x01"}',
        b'{"GoodsList": ' + b"[" * 40_000,
        b'{"a":' * 40_000,
        b'{"Number": "\xff"}',
        b"[]",
        b"7",
    ],
)
def test_what_is_no_json_object_is_400(api, body):
    answer = post(api, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"Status", "Title", "Detail"}


def test_a_number_of_a_thousand_digits_is_400_with_the_field_named(api):
    answer = post(api, b'{"Number": "N-1", "Client": "C", "Address": "A", "Type": ' + b"9" * 1000 + b"}")
    assert (answer.status_code, answer.json()["Detail"][:4]) == (400, "Type")
