"""A trained head as a file to keep and to share, and back: a zip of head.safetensors and head.json."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from typing import Any

import torch

from demo import __version__
from demo.errors import UserError
from demo.fusion.heads import HEADS, head_named
from demo.fusion.heads.senses import MISSING, HeadShape
from demo.fusion.heads.trained import TrainedFusion
from demo.lab.compare import Result
from demo.lab.encode import LabSet
from demo.lab.examples import Kind
from demo.lab.training import Run
from demo.models.checkpoints.heads import tensors_as_bytes, tensors_of
from demo.schema import MODALITIES, to_json

MOST_BYTES = 40 * 1024**2  # of a head, unpacked
MOST_LABELS = 2_000
MOST_WIDTH = 4_096
FORMAT = 1
_WEIGHTS, _FACTS = "head.safetensors", "head.json"


def as_fusion(run: Run, data: LabSet, result: Result | None = None) -> TrainedFusion:
    """A trained run as a strategy of the pipeline."""
    metrics = {} if result is None else to_json({n: vars(m) for n, m in result.measures.items()})
    return TrainedFusion(run.name, run.head.eval(), data.data.classes, data.encoder, True, metrics)


def exported(fusion: TrainedFusion, data_name: str, kind: Kind = "label") -> bytes:
    """The zip. kind: of targets that it was trained on."""
    shape = fusion.head.shape
    facts = {
        "format": FORMAT,
        "version": __version__,
        "strategy": fusion.name,
        "encoder": fusion.encoder,
        "data": data_name,
        "kind": kind,
        "labels": list(fusion.labels),
        "missing": fusion.head.senses.missing,
        "shape": {
            "vectors": dict(shape.vectors),
            "tokens": dict(shape.tokens),
            "outputs": shape.outputs,
            "width": shape.width,
        },
        "parameters": fusion.head.parameter_count,
        "metrics": dict(fusion.metrics),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, held in (
            (_FACTS, json.dumps(facts, ensure_ascii=False, indent=1).encode()),
            (_WEIGHTS, tensors_as_bytes(fusion.head.state_dict())),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), held)
    return buffer.getvalue()


def imported(data: bytes) -> tuple[str, TrainedFusion]:
    """A key of what the file holds, and the strategy in it.

    Raises:
        UserError: head_broken; or head_score, where it gives no labels.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            sizes = sum(archive.getinfo(name).file_size for name in (_FACTS, _WEIGHTS))
            if sizes > MOST_BYTES:
                raise UserError("head_broken")
            facts, weights = json.loads(archive.read(_FACTS)), archive.read(_WEIGHTS)
        fusion = _built(facts, weights)
        if facts.get("kind") == "score":
            raise UserError("head_score")
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise UserError("head_broken") from error
    return key_of(data), fusion


def key_of(data: bytes) -> str:
    """The same for the same file."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def _built(facts: dict[str, Any], weights: bytes) -> TrainedFusion:
    """Raises ValueError, KeyError, TypeError or RuntimeError where it is not what `exported` writes."""
    said, name, labels = facts["shape"], facts["strategy"], facts["labels"]
    vectors = {m: int(said["vectors"][m]) for m in MODALITIES if m in said["vectors"]}
    tokens = {m: int(said["tokens"][m]) for m in vectors}
    shape = HeadShape(vectors, tokens, int(said["outputs"]), int(said["width"]))
    sizes = [*vectors.values(), *tokens.values(), shape.width]
    if not vectors or min(sizes) < 1 or max(sizes) > MOST_WIDTH or shape.width % 4:
        raise ValueError("sizes that no encoder has")
    fits = len(labels) == shape.outputs <= MOST_LABELS and all(isinstance(x, str) for x in labels)
    if name not in HEADS or facts["missing"] not in MISSING or not fits:
        raise ValueError("not what this lab writes")
    tensors = tensors_of(weights)
    if not all(bool(torch.isfinite(value).all()) for value in tensors.values()):
        raise ValueError("numbers that are none")
    with torch.device("meta"):  # a small file that claims to be large takes no memory
        head = head_named(name, shape, facts["missing"])
    head.load_state_dict(tensors, assign=True)
    head.eval().requires_grad_(False)
    metrics = facts.get("metrics")
    known = metrics if isinstance(metrics, dict) else {}
    return TrainedFusion(name, head, tuple(labels), str(facts["encoder"]), True, known)
