"""Receivers that misbehave for some seconds, and then are well again."""

import time

from fault import Fault, Scene, Strike
from support import witness
from support.witness import Manner, well

_SECONDS = 5.0


def _behaving(manner: Manner) -> Strike:
    def strike(scene: Scene) -> None:
        receiver = scene.installation.witness
        receiver.manner = manner
        time.sleep(_SECONDS)  # the fault itself: nothing could be waited for
        receiver.manner = well

    return strike


def _redirects(scene: Scene) -> None:
    """To a place where it must never arrive."""
    receiver = scene.installation.witness
    _behaving(witness.redirects_to(f"http://127.0.0.1:{receiver.port}/trap"))(scene)
    assert not receiver.strangers, f"a redirect was followed: {receiver.strangers[:3]}"


FAULTS = [
    Fault("the receiver hangs", _behaving(witness.hangs)),
    Fault("the receiver resets connections", _behaving(witness.resets)),
    Fault("the receiver answers byte by byte", _behaving(witness.byte_by_byte)),
    Fault("the receiver sends a gigabyte", _behaving(witness.endless)),
    Fault("the receiver sends a gzip bomb", _behaving(witness.gzip_bomb)),
    Fault("the receiver closes kept connections", _behaving(witness.closes_after_each), repeats=None),
    Fault("the receiver answers 503", _behaving(witness.unavailable)),
    Fault("the receiver speaks no HTTP", _behaving(witness.speaks_no_http)),
    Fault("the receiver redirects to a private address", _redirects),
]
