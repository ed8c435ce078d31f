"""Where a process spends its processor time: `sampler.py FILE -m waybell dispatch`, see `make bench ARGS=--profile`.

The kernel interrupts the process after each 2 ms of processor time, and the stack of the main thread is noted. Time in
C (SQLite, libcurl) counts for the line that called it. Unlike cProfile it leaves the calls as cheap as they are.
"""

import atexit
import collections
import json
import runpy
import signal
import sys
from pathlib import Path
from types import FrameType

INTERVAL_SECONDS = 0.002

Place = tuple[str, str, int]  # file, function, line


def main(file: Path) -> None:
    import waybell.cli  # noqa: PLC0415 - what it costs to start is another question
    import waybell.running.processes  # noqa: F401, PLC0415

    stacks: collections.Counter[tuple[Place, ...]] = collections.Counter()

    def note(_number: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            code = frame.f_code
            stack.append((_short(code.co_filename), code.co_qualname, frame.f_lineno))
            frame = frame.f_back
        stacks[tuple(stack)] += 1

    def write() -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        file.write_text(json.dumps([[count, stack] for stack, count in stacks.items()]))

    atexit.register(write)
    signal.signal(signal.SIGPROF, note)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
    runpy.run_module("waybell", run_name="__main__")


def _short(file: str) -> str:
    for root in ("site-packages/", "src/"):
        if root in file:
            return file.rpartition(root)[2]
    return Path(file).name


def report(file: Path, within: str, us: float) -> str:
    """The functions and lines that take most below the function `within`, in µs of the `us` a message."""
    stacks = [(count, stack) for count, stack in json.loads(file.read_text()) if any(p[1] == within for p in stack)]
    everything = sum(count for count, _ in stacks) or 1
    below: collections.Counter[str] = collections.Counter()
    lines: collections.Counter[str] = collections.Counter()
    for count, stack in stacks:
        lines[f"{stack[0][0]}:{stack[0][2]} {stack[0][1]}"] += count
        below.update(dict.fromkeys((f"{place[0]} {place[1]}" for place in stack), count))
    text = ["µs a message, with all that is called from there"]
    text += [f"{count / everything * us:8.1f}  {place}" for place, count in below.most_common(50)]
    text += ["", "µs a message, in the line itself (and in C that it calls)"]
    text += [f"{count / everything * us:8.1f}  {place}" for place, count in lines.most_common(30)]
    return "\n".join(text)


if __name__ == "__main__":
    into = Path(sys.argv[1])
    sys.argv = sys.argv[3:]
    main(into)
