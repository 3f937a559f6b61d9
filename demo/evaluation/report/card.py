"""Write what was measured beside the weights: metrics.json, and the table in the model card."""

from __future__ import annotations

import json
from pathlib import Path

from demo.ability import Ability
from demo.errors import UserError
from demo.evaluation.abilities import EVERY_ABILITY, Abilities
from demo.models.checkpoints.pocket import POCKET_FOLDER
from demo.schema import to_json

BEGIN = "<!-- measured: `python -m demo evaluate DATA --write-card` writes this table -->"
END = "<!-- end of measured -->"
NEW_CARD = f"# Synesthesia pocket\n\n{BEGIN}\n{END}\n"


def write_card(found: Abilities, folder: Path = POCKET_FOLDER) -> tuple[Path, Path]:
    """metrics.json and README.md in the checkpoint's folder. → their paths.

    Raises:
        UserError: eval_card_incomplete (an ability was not measured) or cli_cannot_write.
    """
    if not set(EVERY_ABILITY) <= {a.ability for a in found.abilities}:
        raise UserError("eval_card_incomplete")
    metrics, card = folder / "metrics.json", folder / "README.md"
    values = to_json({"preset": found.preset, "abilities": found.abilities})
    try:
        old = card.read_text(encoding="utf-8") if card.exists() else NEW_CARD
        card.write_text(with_table(old, table(found)), encoding="utf-8", newline="\n")
        text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
        metrics.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UserError("cli_cannot_write", path=str(folder), why=error.strerror) from None
    return metrics, card


def table(found: Abilities) -> str:
    """The abilities as a Markdown table."""
    head = "| ability | data | n | measure | value | 95 % interval | ECE ≤ 0.05 | promised |\n"
    rows = (
        f"| {a.ability} | {a.data} | {a.n:,} | {a.measure} | {shown(a, a.value)} "
        f"| {_interval(a)} | {'–' if a.ece is None else f'{a.ece:.3f}'} | {promise(a)} |\n"
        for a in found.abilities
    )
    return head + "|---|---|--:|---|--:|--:|--:|--:|\n" + "".join(rows)


def shown(ability: Ability, value: float) -> str:
    """“89.0%”, “12.4 MB”."""
    return f"{value:.1%}" if ability.unit == "share" else f"{value:.1f} {ability.unit}"


def promise(ability: Ability) -> str:
    """“≥ 85.0%”, “≤ 25.0 MB”, “70.0% – 85.0%”, or a dash where nothing is promised."""
    if ability.at_least and ability.at_most is not None:
        return f"{shown(ability, ability.at_least)} – {shown(ability, ability.at_most)}"
    if ability.at_most is not None:
        return f"≤ {shown(ability, ability.at_most)}"
    return f"≥ {shown(ability, ability.at_least)}" if ability.at_least else "–"


def _interval(ability: Ability) -> str:
    if ability.low is None or ability.high is None or ability.low == ability.high:
        return "–"
    return f"{shown(ability, ability.low)} – {shown(ability, ability.high)}"


def with_table(card: str, table: str) -> str:
    """The card with everything between the markers replaced; markers are added at the end if absent."""
    if BEGIN not in card or END not in card.split(BEGIN, 1)[1]:
        card = f"{card.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, rest = card.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{table}{END}{rest.split(END, 1)[1]}"
