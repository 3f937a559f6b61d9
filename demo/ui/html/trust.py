"""Whether a map can be trusted, as HTML: the verdict, and the numbers and curves one click away."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from demo.explain.faithfulness import LEAST_SWING
from demo.schema import Faithfulness
from demo.ui.strings import say

WIDTH, HEIGHT = 150, 60  # of the curves, in units of the drawing


def trust(found: Faithfulness, language: str) -> str:
    """“Explains better than chance: yes”, opening to what was measured."""
    key = found.verdict.replace(" ", "_")
    verdict = say(f"trust_{key}", language)
    values = {
        "orders": str(found.orders),
        "beaten": f"{found.beaten * found.orders:g}",
        "swing": f"{abs(found.swing):.2f}",
    }
    about = say(f"trust_{_reason(found)}_about", language, **values)
    numbers = say(
        "trust_numbers",
        language,
        deletion=f"{found.deletion:.2f}",
        insertion=f"{found.insertion:.2f}",
        chance=f"{found.chance:.2f}",
    )
    return (
        f"<details class='syn-trust syn-trust-{key}'>"
        f"<summary>{escape(say('map_trust', language, verdict=verdict))}</summary>"
        f"<p>{escape(about)}</p><p>{escape(numbers)}</p>{curves(found, language)}</details>"
    )


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
    return f"<p class='syn-small'>{escape(say('trust_measuring', language))}</p>"


def curves(found: Faithfulness, language: str) -> str:
    """Probability against the part erased (falling) or brought back (rising)."""
    lines = "".join(
        f"<polyline class='syn-{name}' points='{_points(found.erased, curve)}'/>"
        for name, curve in (
            ("deletion", found.deletion_curve),
            ("insertion", found.insertion_curve),
        )
    )
    keys = "".join(
        f"<span class='syn-key-{name}'>{escape(say('trust_' + name, language))}</span>"
        for name in ("deletion", "insertion")
    )
    up, along = (escape(say(f"trust_{axis}", language)) for axis in ("probability", "erased"))
    return (
        f"<div class='syn-curves'><span class='syn-curve-up'>{up} 0–1</span>"
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{up}'>{lines}</svg>"
        f"<span class='syn-curve-along'>{along} 0–1</span><span class='syn-keys'>{keys}</span></div>"
    )


def _points(along: Sequence[float], up: Sequence[float]) -> str:
    return " ".join(
        f"{WIDTH * x:.1f},{HEIGHT * (1 - y):.1f}" for x, y in zip(along, up, strict=True)
    )
