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
    told = found.alone or found
    reasons = [say(f"trust_{_reason(told)}_about", language, **_numbers(told))]
    if found.alone:
        reasons.insert(0, say("trust_alone_about", language, **_numbers(found)))
    # Probability against the part erased (falling) or brought back (rising).
    lines = {
        "deletion": _points(told.erased, told.deletion_curve),
        "insertion": _points(told.erased, told.insertion_curve),
    }
    measured = say("trust_numbers", language, **_numbers(told))
    return macros("trust").trust(
        told.verdict.replace(" ", "_"),
        verdict(found, language),
        [*reasons, measured],
        lines,
        WIDTH,
        HEIGHT,
        language,
    )


def verdict(found: Faithfulness, language: str) -> str:
    """“yes”; “together not measurable, alone yes” where the other senses carry the answer."""
    if found.alone:
        return say("trust_alone", language, verdict=verdict(found.alone, language))
    return say("trust_" + found.verdict.replace(" ", "_"), language)


def _numbers(found: Faithfulness) -> dict[str, str]:
    return {
        "orders": str(found.orders),
        "beaten": f"{found.beaten * found.orders:g}",
        "swing": f"{abs(found.swing):.2f}",
        "deletion": f"{found.deletion:.2f}",
        "insertion": f"{found.insertion:.2f}",
        "chance": f"{found.chance:.2f}",
    }


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
