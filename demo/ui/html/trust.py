"""Whether a map can be trusted, as HTML: the verdict, and the numbers and curves one click away."""

from __future__ import annotations

from collections.abc import Sequence

from demo.explain.faithfulness import LEAST_SWING
from demo.schema import Faithfulness
from demo.ui.html.templates import macros
from demo.ui.strings import say

WIDTH, HEIGHT = 150, 60  # of the curves, in units of the drawing


def trust(found: Faithfulness, language: str) -> str:
    """“Explains better than chance: yes”, opening to what was measured."""
    numbers = {
        "orders": str(found.orders),
        "beaten": f"{found.beaten * found.orders:g}",
        "swing": f"{abs(found.swing):.2f}",
        "deletion": f"{found.deletion:.2f}",
        "insertion": f"{found.insertion:.2f}",
        "chance": f"{found.chance:.2f}",
    }
    # Probability against the part erased (falling) or brought back (rising).
    lines = {
        "deletion": _points(found.erased, found.deletion_curve),
        "insertion": _points(found.erased, found.insertion_curve),
    }
    key = found.verdict.replace(" ", "_")
    return macros("trust").trust(key, _reason(found), numbers, lines, WIDTH, HEIGHT, language)


def _reason(found: Faithfulness) -> str:
    """The verdict; where there is none, why not: the sense hardly matters, speaks against the target, or has
    nothing to put in order.
    """
    if found.verdict == "not measurable" and found.swing >= LEAST_SWING:
        return "unranked"
    if found.verdict == "not measurable" and found.swing <= -LEAST_SWING:
        return "against"
    return found.verdict.replace(" ", "_")


def measuring(language: str) -> str:
    """What stands there until the measurement is done."""
    return macros("parts").small(say("trust_measuring", language))


def _points(along: Sequence[float], up: Sequence[float]) -> str:
    return " ".join(
        f"{WIDTH * x:.1f},{HEIGHT * (1 - y):.1f}" for x, y in zip(along, up, strict=True)
    )
