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
