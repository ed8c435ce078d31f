"""The picture of growth: what a message costs with more and more of everything."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from growth import Step, relative_costs

DESCRIPTION = "Processor time of a message, against that at the first step, by endpoints, waiting, finished"

_PANELS = {"endpoints": "endpoints", "waiting": "messages still waiting", "finished": "finished messages"}
_LOOK = {"SQLite": ("#0b6e4f", "o"), "PostgreSQL": ("#2f5fb3", "s")}  # told apart without colours, too
_TARGET = 1 / 0.85
# The same figures make the same file; text stays text, which is smaller, and can be found and read out.
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "waybell",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
}


def draw(found: Mapping[str, Sequence[Step]], file: Path) -> None:
    """Write an SVG, on white whatever the page is on."""
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(9.6, 3), layout="constrained", facecolor="white")
        panels = figure.subplots(1, len(_PANELS), sharey=True)
        for (axis, label), panel in zip(_PANELS.items(), panels, strict=True):
            for database, steps in found.items():
                along = [step for step in steps if step.axis == axis]
                costs = zip(along, relative_costs(along), strict=True)
                points = [(step.size, cost) for step, cost in costs if not step.again]
                colour, mark = _LOOK[database]
                panel.plot(*zip(*points, strict=True), color=colour, marker=mark, markersize=4, label=database)
            panel.axhline(_TARGET, color="#b3261e", linewidth=1, linestyle="--", label="target: at most 1 / 0.85")
            panel.set_xscale("log")
            panel.set_xlabel(label)
            panel.set_ylim(bottom=0)
            panel.spines[["top", "right"]].set_visible(False)
        panels[0].set_ylabel("CPU of a message, times the first")
        panels[0].legend(loc="lower left", frameon=False)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
