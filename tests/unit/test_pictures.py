"""Reading pictures: upright, within bounds, and in little memory."""

import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from support.pictures import a_picture, opened, saved
from waybell.pictures import encoding

# What reading a picture in nine threads at once adds to the memory of a process, in MiB: at its peak, and for good.
READING = r"""
import re, sys, threading
from pathlib import Path
from waybell.web.costly_work import CostlyWork
work = CostlyWork()
def memory(which): return int(re.search(which + r":\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024
sent = Path(sys.argv[1]).read_bytes()
before, done, leave = memory("VmRSS"), threading.Barrier(10), threading.Event()
def one():
    work.photo(sent)
    done.wait()
    leave.wait()
for _ in range(9): threading.Thread(target=one).start()
done.wait()
print(memory("VmHWM") - before, memory("VmRSS") - before)
leave.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the memory is read from /proc")
@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(saved(Image.new("RGBA", (4000, 4000), (1, 2, 3, 4))), id="a PNG"),
        pytest.param(a_picture(6000, 4000, progressive=True, subsampling=0), id="a progressive JPEG"),
        pytest.param(saved(Image.new("CMYK", (4000, 4000)), "JPEG"), id="a JPEG in CMYK"),
        pytest.param(a_picture(8900, 6700), id="a large JPEG"),
    ],
)
def test_pictures_take_the_memory_of_one_however_many_come_at_once(tmp_path: Path, picture):
    sent = tmp_path / "sent"
    sent.write_bytes(picture)
    told = subprocess.run([sys.executable, "-c", READING, str(sent)], capture_output=True, check=True, text=True).stdout
    peak, kept = map(int, told.split())
    assert peak < 250
    assert kept < 150


@pytest.mark.parametrize(("orientation", "size"), [(1, (360, 240)), (6, (160, 240))])
def test_a_logo_that_lies_is_turned_within_its_bounds(orientation, size):
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert opened(encoding.logo(a_picture(3000, 2000, exif=exif))).size == size
