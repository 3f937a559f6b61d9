"""Write what task “explain” measured beside the weights: explanations.json, and the table as Markdown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from demo.errors import UserError
from demo.evaluation.metrics.intervals import Measure
from demo.evaluation.world_tasks.run import WorldEvaluation
from demo.models.checkpoints.pocket import POCKET_FOLDER
from demo.models.roles import SHUFFLED_STAGES
from demo.schema import to_json

COLUMNS = "gain p deletion insertion pointing energy better".split()
COLUMNS += [*(f"rho_{stage}" for stage in SHUFFLED_STAGES), "ms"]
SHARES = ("pointing", "energy", "better")
INTRODUCTION = """# Which heatmaps can be trusted

Written by `python -m demo evaluate --task explain --write-card`: {n} questions of seed {seed} whose true
places are known, on {device}.

* **gain**: area under the insertion curve less that under the deletion curve; exactly 0 on average for
  random orders. Behind it its 95 % interval (paired bootstrap); **p** of a gain of 0 (sign-flip test).
* **pointing**: the highest cell is a true one.
* **energy**: part of the map that lies in true cells.
* **better**: maps found better than chance, of those where it is measurable.
* **rho**: rank correlation with the map of a model whose weights are shuffled, from the labels down, through
  the joint transformer, to the encoders; near 0 in the end if the map shows the model, not just the input.
* **ms**: time of one map.
"""


def write_maps_card(found: WorldEvaluation, folder: Path = POCKET_FOLDER) -> tuple[Path, Path]:
    """explanations.json and explanations.md in the checkpoint's folder. → their paths.

    Raises:
        UserError: cli_cannot_write.
    """
    values, card = folder / "explanations.json", folder / "explanations.md"
    try:
        text = json.dumps(to_json(found), indent=1, ensure_ascii=False) + "\n"
        values.write_text(text, encoding="utf-8", newline="\n")
        head = INTRODUCTION.format(n=found.n, seed=found.seed, device=found.device)
        card.write_text(head + tables(found), encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError("cli_cannot_write", path=str(folder), why=error.strerror) from None
    return values, card


def rows_of(found: WorldEvaluation) -> dict[str, dict[str, dict[str, Measure]]]:
    """group → method → what → measure."""
    groups: dict[str, dict[str, dict[str, Measure]]] = {}
    for measure in found.measures:
        group, method, what = measure.name.split("/")
        groups.setdefault(group, {}).setdefault(method, {})[what] = measure
    return groups


def tables(found: WorldEvaluation) -> str:
    """One Markdown table per group of questions, best gain first."""
    parts = []
    for group, methods in rows_of(found).items():
        chance = methods.pop("chance")["energy"].value
        lines = [f"\n## {group.capitalize()}\n", f"Random maps: energy {chance:.0%}.\n"]
        lines.append("| method | " + " | ".join(COLUMNS) + " |")
        lines.append("|---|" + "--:|" * len(COLUMNS))
        ranked = sorted(methods.items(), key=lambda item: -item[1]["gain"].value)
        lines += [
            f"| {method} | " + " | ".join(shown(what, row) for what in COLUMNS) + " |"
            for method, row in ranked
        ]
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def shown(what: str, row: Mapping[str, Measure]) -> str:
    """One cell of the table."""
    measure = row[what]
    if what in SHARES:
        return f"{measure.value:.0%}"
    if what == "gain":
        return f"{measure.value:.3f} ({measure.low:.3f} – {measure.high:.3f})"
    return {"ms": f"{measure.value:.1f}", "p": f"{measure.value:.4f}"}.get(
        what, f"{measure.value:.3f}"
    )
