"""Write what was measured beside the weights: metrics.json, and the table in the model card."""

from __future__ import annotations

import json
from pathlib import Path

from demo.errors import UserError
from demo.evaluation.abilities import Abilities
from demo.evaluation.trials import TRIALS
from demo.models.checkpoints import POCKET_FOLDER
from demo.schema import to_json

BEGIN = "<!-- measured: `python -m demo evaluate DATA --write-card` writes this table -->"
END = "<!-- end of measured -->"
NEW_CARD = f"# Synesthesia pocket\n\n{BEGIN}\n{END}\n"


def write_card(found: Abilities, folder: Path = POCKET_FOLDER) -> tuple[Path, Path]:
    """metrics.json and README.md in the checkpoint's folder. → their paths.

    Raises:
        UserError: eval_card_incomplete (an ability was not measured) or cli_cannot_write.
    """
    if len(found.abilities) < len(TRIALS):
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
    head = "| ability | data | n | measure | value | at least |\n|---|---|--:|---|--:|--:|\n"
    rows = (
        f"| {a.ability} | {a.data} | {a.n:,} | {a.measure} | {a.value:.1%} | {a.at_least:.1%} |\n"
        for a in found.abilities
    )
    return head + "".join(rows)


def with_table(card: str, table: str) -> str:
    """The card with everything between the markers replaced; markers are added at the end if absent."""
    if BEGIN not in card or END not in card.split(BEGIN, 1)[1]:
        card = f"{card.rstrip()}\n\n{BEGIN}\n{END}\n"
    before, rest = card.split(BEGIN, 1)
    return f"{before}{BEGIN}\n{table}{END}{rest.split(END, 1)[1]}"
