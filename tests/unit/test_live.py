"""Following what changes: no change is missed, however slow the follower."""

import asyncio

import pytest

from support.stories import run
from waybell.web.ui import live
from waybell.web.ui.live import Live


@pytest.fixture
def seen(monkeypatch) -> dict[str, int]:
    state = {"value": 1}
    monkeypatch.setattr(live, "_LOOK_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(Live, "_fingerprint", lambda self, topic: state["value"])
    return state


def test_the_first_word_comes_after_the_first_look_and_a_change_during_it_is_not_missed(seen):
    async def story() -> list[int]:
        follower = Live(None, None).follow(("events", "acc_1", ""), lambda: True)
        words = [await anext(follower)]
        seen["value"] = 2
        await asyncio.sleep(0.2)  # the follower is busy with the first word, while the change is seen
        words.append(await asyncio.wait_for(anext(follower), 5))
        seen["value"] = 3
        words.append(await asyncio.wait_for(anext(follower), 5))
        await follower.aclose()  # type: ignore[attr-defined]
        return words

    assert run(story) == [1, 2, 3]


def test_what_a_page_shows_when_it_joins_was_polled_too(seen, monkeypatch):
    """A page may show a state that begins and ends between two polls. It has to hear of the end."""
    monkeypatch.setattr(live, "_LOOK_EVERY_SECONDS", 3600)

    async def story() -> list[int]:
        hub = Live(None, None)
        topic = ("down", "acc_1", "")
        first, second = (hub.follow(topic, lambda: True) for _ in range(2))
        words = [await anext(first)]
        seen["value"] = 2
        words.append(await asyncio.wait_for(anext(second), 60))
        words.append(await asyncio.wait_for(anext(first), 60))
        for follower in (first, second):
            await follower.aclose()  # type: ignore[attr-defined]
        return words

    assert run(story, 130) == [1, 2, 2]


def test_closing_ends_every_stream(seen):
    async def story() -> bool:
        hub = Live(None, None)
        follower = hub.follow(("events", "acc_1", ""), lambda: True)
        await anext(follower)
        hub.close()
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(follower), 5)
        return True

    assert run(story)
