"""The lock that one process holds, and that ends with it."""

import os
import subprocess
import sys

import pytest

from waybell.running.lock_files import Held, lock_file


def test_a_held_lock_names_its_holder(tmp_path):
    path = tmp_path / "x.lock"
    with lock_file(path), pytest.raises(Held) as raised, lock_file(path):
        pass
    assert raised.value.holder == str(os.getpid())


def test_a_lock_is_free_after_its_block(tmp_path):
    path = tmp_path / "x.lock"
    for _ in range(2):
        with lock_file(path):
            pass


def test_a_killed_process_drops_its_lock(tmp_path):
    path = tmp_path / "x.lock"
    script = (
        "import sys, pathlib, waybell.running.lock_files as locks\n"
        "with locks.lock_file(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Held), lock_file(path):
            pass
        holder.kill()
        with lock_file(path, wait=True):
            pass
