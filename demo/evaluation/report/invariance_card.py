"""Write what task “invariance” measured into the model card: which rewrites of a sentence change answers."""

from __future__ import annotations

from pathlib import Path

from demo.errors import LANGUAGES, UserError
from demo.evaluation.metrics.intervals import Measure
from demo.evaluation.world_tasks.invariance import TASKS
from demo.evaluation.world_tasks.run import WorldEvaluation
from demo.models.checkpoints.pocket import POCKET_FOLDER

BEGIN = "<!-- invariance: `python -m demo evaluate --task invariance --write-card` writes this -->"
END = "<!-- end of invariance -->"
COLUMNS = tuple(f"{task}_{language}" for task in TASKS for language in LANGUAGES)
PROMISES = {
    "harmless": "Written otherwise, meaning the same: answers that change (wanted: at most 2 %)",
    "harmful": "Meaning something else: answers that change (wanted: at least 95 %)",
}


def write_invariance(found: WorldEvaluation, folder: Path = POCKET_FOLDER) -> tuple[Path, ...]:
    """The table in README.md of the checkpoint's folder. → its path.

    Raises:
        UserError: cli_cannot_write.
    """
    card = folder / "README.md"
    try:
        card.write_text(
            with_tables(card.read_text(encoding="utf-8"), tables(found)),
            encoding="utf-8",
            newline="\n",
        )
    except OSError as error:
        raise UserError("cli_cannot_write", path=str(card), why=error.strerror) from None
    return (card,)


def with_tables(card: str, written: str) -> str:
    """The card with these tables in place of the old ones, or at its end."""
    before, found, rest = card.partition(BEGIN)
    after = rest.partition(END)[2] if found else "\n"
    before = before if found else f"{before.rstrip()}\n\n## Ways of writing\n\n"
    return f"{before}{BEGIN}\n{written}{END}{after}"


def tables(found: WorldEvaluation) -> str:
    """A row for each rewrite, a column for each task and language; “–”: it changes no such sentence."""
    rows: dict[str, dict[str, dict[str, Measure]]] = {}
    for measure in found.measures:
        kind, rewrite, where = measure.name.split("/")
        rows.setdefault(kind, {}).setdefault(rewrite, {})[where] = measure
    parts = [f"\n{found.n} sentences of seed {found.seed}, each written in every way.\n"]
    for kind, title in PROMISES.items():
        heads = (f"{task.split('_')[0]}, {task.split('_')[1]}" for task in COLUMNS)
        parts.append(
            f"\n{title}\n\n| rewrite | {' | '.join(heads)} |\n|---|{'--:|' * len(COLUMNS)}\n"
        )
        for rewrite, row in rows[kind].items():
            parts.append(f"| {rewrite} | {' | '.join(_shown(row.get(one)) for one in COLUMNS)} |\n")
    return "".join(parts)


def _shown(measure: Measure | None) -> str:
    return (
        "–" if measure is None or not measure.n else f"{100 * measure.value:.1f} % of {measure.n}"
    )
