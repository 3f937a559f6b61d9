"""What a session made, as files to download."""

from __future__ import annotations

import json

from demo.errors import UserError
from demo.schema import to_json
from demo.ui.lab.session import Session


def file_of(kept: Session, kind: str, name: str, language: str) -> tuple[str, bytes]:
    """Name and content. kind: "head" (of the strategy `name`), "report", "numbers", "examples" or "logs".

    Raises:
        UserError: event_unknown.
    """
    if kind == "head":
        return f"{name}.head.zip", head(kept, name)
    if kind == "report":
        from demo.lab.report import html_report

        return "fusion-lab.html", html_report(kept.trainer, kept.comparison, language).encode()
    if kind == "numbers":
        return "fusion-lab.json", _numbers(kept)
    if kind == "examples":
        from demo.lab.cases import as_csv

        return "fusion-lab.csv", as_csv(kept.comparison, kept.answers)
    if kind == "logs":
        from demo.lab.logs import event_files, zipped

        return "tensorboard.zip", zipped(event_files(kept.comparison))
    raise UserError("event_unknown")


def head(kept: Session, name: str) -> bytes:
    """A trained head as a file. Raises UserError: event_unknown."""
    from demo.lab.keep import as_fusion, exported

    if name not in kept.trainer.runs:
        raise UserError("event_unknown")
    result = kept.comparison.results.get(name)
    fusion = as_fusion(kept.trainer.runs[name], kept.data, result)
    return exported(fusion, kept.data.data.name, kept.data.data.kind)


def _numbers(kept: Session) -> bytes:
    found = {
        name: {m: to_json(one) for m, one in result.measures.items()}
        | {"noise": to_json(result.noise), "missing": to_json(result.missing)}
        | {"parameters": result.parameters}
        for name, result in kept.comparison.results.items()
    }
    return json.dumps(found, ensure_ascii=False, indent=1).encode()
