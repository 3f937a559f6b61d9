"""Lines over a few steps as SVG text, and matrices as HTML: for the page and for reports alike.

Colours are told apart by most eyes, and every line has a dash pattern of its own beside its colour. Knows
nothing about what is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

# Okabe and Ito 2008, then darker ones; with dashes no two series look the same
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b8860b", "#56b4e9", "#7a4fb0", "#8a8a8a")
DASHES = ("", "6 3", "2 2")
WIDTH, HEIGHT = 460, 230
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 10, 26
TICKS = 4


def style_of(i: int) -> tuple[str, str]:
    """Colour and dash pattern of the i-th series."""
    return COLOURS[i % len(COLOURS)], DASHES[i // len(COLOURS) % len(DASHES)]


def lines(
    series: Mapping[str, Sequence[float]],
    steps: Sequence[str],
    name: str,
    bounds: tuple[float, float] | None = None,
    percent: bool = False,
) -> str:
    """One line for each series. steps: what stands below; bounds: of the values, None: as they are; name:
    what the chart is called to those who listen to it."""
    values = [v for line in series.values() for v in line if np.isfinite(v)]
    low, high = bounds or (min(values, default=0.0), max(values, default=1.0))
    high = high if high > low else low + 1.0
    count = max([len(steps), *(len(line) for line in series.values())])

    def x(i: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (i / (count - 1) if count > 1 else 0.5)

    def y(value: float) -> float:
        part = (min(max(value, low), high) - low) / (high - low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part

    drawn = [_axis(low, high, y, percent), _below(steps, count, x)]
    for i, (label, line) in enumerate(series.items()):
        colour, dash = style_of(i)
        points = " ".join(f"{x(k):.1f},{y(v):.1f}" for k, v in enumerate(line) if np.isfinite(v))
        how = f" stroke-dasharray='{dash}'" if dash else ""
        shape = f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2'{how}>"
        drawn.append(f"{shape}<title>{escape(label)}</title></polyline>")
    return (
        f"<svg viewBox='0 0 {WIDTH} {HEIGHT}' role='img' aria-label='{escape(name, quote=True)}'"
        f" class='syn-chart' xmlns='http://www.w3.org/2000/svg'>{''.join(drawn)}</svg>"
    )


def _axis(low: float, high: float, y, percent: bool) -> str:  # type: ignore[no-untyped-def]
    drawn = []
    for k in range(TICKS + 1):
        value = low + (high - low) * k / TICKS
        said = f"{100 * value:.0f}%" if percent else f"{value:.2g}"
        drawn.append(
            f"<line x1='{LEFT}' x2='{WIDTH - RIGHT}' y1='{y(value):.1f}' y2='{y(value):.1f}'"
            f" stroke='currentColor' opacity='.16'/><text x='{LEFT - 6}' y='{y(value) + 4:.1f}'"
            f" text-anchor='end' font-size='11' fill='currentColor'>{said}</text>"
        )
    return "".join(drawn)


def _below(steps: Sequence[str], count: int, x) -> str:  # type: ignore[no-untyped-def]
    shown = max(1, len(steps) // 6)
    return "".join(
        f"<text x='{x(i):.1f}' y='{HEIGHT - 8}' text-anchor='middle' font-size='11'"
        f" fill='currentColor'>{escape(step)}</text>"
        for i, step in enumerate(steps)
        if i % shown == 0 or i == len(steps) - 1
    )


def legend(names: Sequence[str]) -> str:
    """Which line is which."""
    items = []
    for i, name in enumerate(names):
        colour, dash = style_of(i)
        how = f" stroke-dasharray='{dash}'" if dash else ""
        line = f"<line x1='0' x2='22' y1='5' y2='5' stroke='{colour}' stroke-width='3'{how}/>"
        svg = f"<svg width='22' height='10' aria-hidden='true'>{line}</svg>"
        items.append(f"<li>{svg} {escape(name)}</li>")
    return f"<ul class='syn-lines'>{''.join(items)}</ul>"


def matrix(counts: np.ndarray, labels: Sequence[str], caption: str) -> str:
    """A confusion matrix: rows are what is true, columns what was answered; darker: more of its row."""
    head = "".join(f"<th scope='col'>{escape(label)}</th>" for label in labels)
    rows = []
    for label, row in zip(labels, counts, strict=True):
        whole = max(1, int(row.sum()))
        cells = "".join(
            f"<td style='--part:{value / whole:.2f}'>{int(value) or '·'}</td>" for value in row
        )
        rows.append(f"<tr><th scope='row'>{escape(label)}</th>{cells}</tr>")
    return (
        f"<div class='syn-wide' tabindex='0'><table class='syn-confusion'>"
        f"<caption>{escape(caption)}</caption><thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
