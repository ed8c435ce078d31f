"""Links that end: who signs them, and whose are taken."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from cryptography.fernet import Fernet

from conftest import NOON
from waybell.ground.links import Links
from waybell.vault import Vault

PATH = "/picture/pic_1.jpg"


def is_good(links, url, at=NOON):
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    return links.is_good(parts.path, query["until"][0], query["sig"][0], at)


def links_of(vault, purpose="links"):
    return Links("", lambda: vault.keys_for(purpose))


def test_a_link_is_good_until_its_second_is_over():
    links = Links("https://waybell.example", lambda: [b"key"])
    url = links.until(NOON + timedelta(seconds=10), PATH)
    assert url.startswith(f"https://waybell.example{PATH}?until=")
    assert is_good(links, url, NOON + timedelta(seconds=10, microseconds=999_999))
    assert not is_good(links, url, NOON + timedelta(seconds=11))


def test_the_same_moment_makes_the_same_link():
    one, other = (Links("", lambda: [b"key"]).until(NOON, PATH) for _ in range(2))
    assert one == other


def test_a_new_key_in_front_takes_over_and_the_old_one_is_still_taken():
    old_key, new_key = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    old, both, new = (links_of(Vault(keys)) for keys in (old_key, f"{new_key},{old_key}", new_key))
    url = old.until(NOON, PATH)
    assert is_good(both, url)
    assert not is_good(new, url)
    assert is_good(new, both.until(NOON, PATH))


def test_a_key_for_another_purpose_signs_no_links():
    vault = Vault(Fernet.generate_key().decode())
    assert not is_good(links_of(vault), links_of(vault, "else").until(NOON, PATH))


def test_a_tracking_link_does_not_end():
    assert Links("https://waybell.example", lambda: [b"key"]).tracking("a-b") == "https://waybell.example/track?id=a-b"
