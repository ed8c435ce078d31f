"""Which URLs count as our own inbox: exactly those of an inbox, and nothing else at that address."""

import pytest

from waybell.ground.errors import Invalid
from waybell.webhooks.address import Policy, check_url

TOKEN = "pX93a7XZPc4zHFIsFMPdDL3A4xFXLSaZwbvhfkImiWU"
BEGINNING = "http://127.0.0.1:8080/in/"
POLICY = Policy(own_inbox=BEGINNING)

OTHERS = [
    "",
    "x",
    TOKEN[:19],
    TOKEN * 3,
    f"{TOKEN}/",
    f"{TOKEN}/../api/Order",
    f"../api/Order/{TOKEN}",
    "../../../../../../../admin",
    "..%2f..%2fapi%2fOrder%2fBulk",
    f"{TOKEN}?to=/api/Order",
    f"{TOKEN}#x",
    f"{TOKEN};x",
    f"{TOKEN}%00",
    f"{TOKEN}\n",
    f"{TOKEN}\\..",
    f"{TOKEN}@evil.example",
    f"{TOKEN}.",
    "\N{FULLWIDTH LATIN SMALL LETTER X}" * 43,
]


def test_the_url_of_an_inbox_is_ours_and_may_be_stored():
    assert POLICY.is_own_inbox(BEGINNING + TOKEN)
    assert check_url(f" {BEGINNING}{TOKEN} ", POLICY) == BEGINNING + TOKEN


@pytest.mark.parametrize("end", OTHERS)
def test_no_other_path_there_is_ours(end):
    assert not POLICY.is_own_inbox(BEGINNING + end)


@pytest.mark.parametrize("end", OTHERS)
def test_no_other_path_there_may_be_stored(end):
    url = BEGINNING + end
    if POLICY.is_own_inbox(url.strip()):
        assert check_url(url, POLICY) == url.strip()  # a blank around it is not a part of it
    else:
        with pytest.raises(Invalid):
            check_url(url, POLICY)


@pytest.mark.parametrize(
    "url",
    [
        f"http://127.0.0.1:8081/in/{TOKEN}",
        f"https://127.0.0.1:8080/in/{TOKEN}",
        f"http://127.0.0.1:8080/IN/{TOKEN}",
        f"http://localhost:8080/in/{TOKEN}",
        f"http://127.0.0.1:8080//in/{TOKEN}",
        f"http://127.0.0.1:8080/in/x/{TOKEN}",
        f"http://user@127.0.0.1:8080/in/{TOKEN}",
        f"http://127.0.0.1:80801/in/{TOKEN}",
        f"HTTP://127.0.0.1:8080/in/{TOKEN}",
    ],
)
def test_no_other_address_is_ours(url):
    assert not POLICY.is_own_inbox(url)
    with pytest.raises(Invalid):
        check_url(url, POLICY)


@pytest.mark.parametrize("own_inbox", [None, ""])
def test_without_an_inbox_nothing_is_ours(own_inbox):
    policy = Policy(own_inbox=own_inbox)
    for url in (BEGINNING + TOKEN, TOKEN, ""):
        assert not policy.is_own_inbox(url)
