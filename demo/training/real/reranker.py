"""What a caption's likelihood is worth beside a cosine, for models/pocket/real/reranker.py.

    python -m demo.training.real.reranker DATA

fits one number for each language on half of the photos held back (of those that it learned from, the decoder
is too sure), writes it beside the weights, and prints how often the other half's words find their photo.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from demo.errors import LANGUAGES
from demo.models.checkpoints.facts import read_facts
from demo.models.checkpoints.real import REAL_FACTS, REAL_FOLDER, open_real
from demo.models.pocket.real.assemble import real_roles
from demo.models.pocket.real.modeling import picture_tokens
from demo.models.pocket.real.reranker import CaptionReranker
from demo.models.roles import Roles
from demo.schema import Encoding
from demo.training.real.photos import Photos, seen
from demo.training.real.stage import GRID

FIRST = 30  # photos that are looked at closer, as in a search
_WORTHS = re.compile(r'"worths": \{[^}]*\}')


@dataclass(frozen=True)
class Ranked:
    """The FIRST photos that each of T sentences finds. cosines, likelihoods: float32 [T, FIRST]; own: bool
    [T, FIRST], which of them is the sentence's; none where it is not among them."""

    cosines: Tensor
    likelihoods: Tensor
    own: Tensor

    def of(self, chosen: Tensor) -> Ranked:
        """Some of the sentences. chosen: bool [T]."""
        return Ranked(self.cosines[chosen], self.likelihoods[chosen], self.own[chosen])

    def recall(self, worth: float, most: int) -> float:
        """How often the own photo is among the first `most`; a tie counts against it."""
        scores = self.cosines + worth * self.likelihoods
        own = scores.masked_fill(~self.own, -torch.inf).amax(-1)
        before = (scores >= own[:, None]).sum(-1) - 1
        return float((self.own.any(-1) & (before < most)).float().mean())


@torch.no_grad()
def ranked(roles: Roles, photos: Photos, language: str) -> Ranked:
    """One sentence of each photo looks for it among all."""
    head, reranker, encoder = roles.retrieval_head, roles.reranker, roles.encoders["text"]
    assert head is not None and isinstance(reranker, CaptionReranker)
    shown = [_shown(roles, photos, i) for i in range(len(photos))]
    vectors = torch.stack([head.sense_vector(one) for one in shown])
    kept = [reranker.remembered(one) for one in shown]
    rows = []
    for i, photo in enumerate(photos.described):
        sentences = photo.zh if language == "zh" else photo.en
        text = sentences[i % len(sentences)]
        cosines = vectors @ head.sense_vector(encoder.encode([text])[0])
        first = cosines.topk(FIRST).indices
        likely = reranker.likelihoods(text, [kept[int(k)] for k in first])
        rows.append((cosines[first], likely, first == i))
    return Ranked(*(torch.stack(column) for column in zip(*rows, strict=True)))


def _shown(roles: Roles, photos: Photos, at: int) -> Encoding:
    features = torch.from_numpy(np.asarray(photos.features[at, 0], np.float32))
    pool = roles.encoders["image"].pool  # type: ignore[attr-defined]
    return Encoding(picture_tokens(features, GRID), GRID, pool)


def fitted(found: Ranked) -> float:
    """The worth under which the own photo is likeliest among the first, by a softmax over both numbers."""
    learned = found.of(found.own.any(-1))
    weight = torch.tensor([10.0, 1.0], requires_grad=True)
    optimiser = torch.optim.LBFGS([weight], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimiser.zero_grad()
        scores = weight[0] * learned.cosines + weight[1] * learned.likelihoods
        wrong = F.cross_entropy(scores, learned.own.float().argmax(-1))
        wrong.backward()
        return wrong

    optimiser.step(loss)
    cosine, likelihood = weight.tolist()
    return likelihood / cosine


def fit_worths(data: Path, folder: Path, runs: Path, report: Callable[[str], None]) -> None:
    """Write Facts.worths into the preset.json of the checkpoint in `folder`; what else it says stays.

    Raises:
        UserError: the photos are not there.
    """
    roles = real_roles(open_real(torch.device("cpu"), folder), read_facts(REAL_FACTS))
    photos = seen(data, "val", runs, report)
    learned = torch.arange(len(photos)) < len(photos) // 2
    worths = {}
    for language in LANGUAGES:
        found = ranked(roles, photos, language)
        worths[language] = round(fitted(found.of(learned)), 3)
        other = found.of(~learned)
        for name, worth in (("as found", 0.0), ("looked at closer", worths[language])):
            among = ", ".join(f"{most}: {other.recall(worth, most):.3f}" for most in (1, 5, 10))
            report(f"{language}, {name} ({worth}): recall at {among} of {len(other.own)}")
    facts = REAL_FACTS.read_text(encoding="utf-8")
    facts = _WORTHS.sub(f'"worths": {json.dumps(worths)}', facts)
    (folder / REAL_FACTS.name).write_text(facts, encoding="utf-8")


if __name__ == "__main__":
    fit_worths(Path(sys.argv[1]), REAL_FOLDER, Path("runs/real"), print)
