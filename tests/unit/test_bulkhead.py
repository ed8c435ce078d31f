"""Bulkhead: few at once, few more who wait, and all others are told to come again."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.waiting import wait_for
from waybell.ground.bulkhead import Bulkhead
from waybell.ground.errors import Busy

# What hashing in ten threads at once adds to the memory of a process, in MiB.
HASHING = r"""
import re, threading
from pathlib import Path
from waybell.ground.errors import Busy
from waybell.web.costly_work import CostlyWork
hashed = CostlyWork().hash_password
def peak(): return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
def one():
    try: hashed("a password")
    except Busy: pass
before = peak()
threads = [threading.Thread(target=one) for _ in range(10)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(peak() - before)
"""


def test_only_so_many_are_at_it_and_only_so_many_wait():
    bulkhead, at_it, go_on = Bulkhead(2, 3, "Too many."), [], threading.Event()

    def take_one() -> None:
        with bulkhead.slot():
            at_it.append(1)
            assert go_on.wait(60)
            at_it.pop()

    with ThreadPoolExecutor(5) as pool:
        taken = [pool.submit(take_one) for _ in range(5)]
        wait_for(lambda: len(at_it) == 2 and bulkhead._places._value == 0)
        with pytest.raises(Busy, match="Too many"), bulkhead.slot():
            raise AssertionError
        assert len(at_it) == 2
        go_on.set()
        for one in taken:
            one.result()
    with bulkhead.slot():
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="the memory is read from /proc")
def test_passwords_take_the_memory_of_two_however_many_come_at_once():
    grown = int(subprocess.run([sys.executable, "-c", HASHING], capture_output=True, check=True, text=True).stdout)
    assert 60 < grown < 200
