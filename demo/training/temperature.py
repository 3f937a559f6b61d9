"""How sharply the picture trunk's logits are to be read: one temperature (Guo et al. 2017, section 4.2).

    python -m demo.training.temperature --data DATA

The trunk was trained on smoothed labels and says less than it knows. Labels are taken from what people wrote:
a photo of Flickr8k's training part belongs to a kind when that is the only one of KINDS in its captions and
most of them name it.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from demo.errors import UserError
from demo.models.beliefs import Beliefs
from demo.models.checkpoints.trunks import PICTURE_TRUNK, TRUNKS_FOLDER, open_picture_trunk
from demo.models.vocabulary import vocabulary
from demo.training.data.sources import flickr8k_captioned

KINDS = "dog cat horse bird cow sheep elephant bicycle motorcycle car truck bus train boat airplane".split()
MOST_NAME = 3  # of five captions
PER_KIND = 60
PHOTOS = 6000  # looked through
STEPS = np.linspace(0.3, 1.5, 121)
LEAST = 1e-9  # belief


def kind_of(captions: list[str]) -> str | None:
    """The one of KINDS that a photo shows, or None."""
    words = vocabulary()
    wanted = {words.lookup(kind)[0].id: kind for kind in KINDS}
    counts: dict[str, int] = {}
    for caption in captions:
        things = (words.lookup(word) for word in set(re.findall(r"[a-z]+", caption.lower())))
        for kind in {wanted[t[0].id] for t in things if t and t[0].id in wanted}:
            counts[kind] = counts.get(kind, 0) + 1
    (only,) = counts if len(counts) == 1 else (None,)
    return only if only and counts[only] >= MOST_NAME else None


def labelled(data: Path) -> Iterator[tuple[str, np.ndarray]]:
    """At most PER_KIND photos of each kind."""
    seen: dict[str, int] = {}
    for captions, picture in flickr8k_captioned(data, "train", PHOTOS):
        kind = kind_of(captions)
        if kind and seen.get(kind, 0) < PER_KIND:
            seen[kind] = seen.get(kind, 0) + 1
            yield kind, picture()


def surprise(logits: np.ndarray, truth: np.ndarray, temperature: float) -> float:
    """Mean of −log belief in the true kind among all, in nats, every kind weighing the same.

    logits [photos, 1000]; truth int [photos]."""
    sharp = logits / temperature
    probabilities = np.exp(sharp - sharp.max(1, keepdims=True))
    belief = Beliefs(vocabulary()).among(KINDS, probabilities / probabilities.sum(1, keepdims=True))
    each = -np.log(np.maximum(belief[np.arange(len(truth)), truth], LEAST))
    return float(np.mean([each[truth == kind].mean() for kind in np.unique(truth)]))


def best_temperature(logits: np.ndarray, truth: np.ndarray) -> float:
    """The one of STEPS with the least surprise."""
    return float(min(STEPS, key=lambda t: surprise(logits, truth, float(t))))


def main() -> None:
    """The command; keeps the temperature beside the trunk."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with all data sets")
    data = parser.parse_args().data
    if not (data / "flickr8k-train.zip").exists():
        problem = UserError("train_missing_data", folder=str(data), files="flickr8k-train.zip")
        parser.error(str(problem))
    trunk = open_picture_trunk()
    pairs = [(KINDS.index(kind), trunk.encode(picture).logits) for kind, picture in labelled(data)]
    truth, logits = np.array([t for t, _ in pairs]), np.stack([x.numpy() for _, x in pairs])
    found = round(best_temperature(logits, truth), 2)
    entry = {"temperature": found, "photos": len(pairs)}
    path = TRUNKS_FOLDER / PICTURE_TRUNK / "calibration.json"
    path.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    for temperature in (1.0, found):
        print(f"{len(pairs)} photos, temperature {temperature}: "
              f"{surprise(logits, truth, temperature):.3f} nats")  # fmt: skip


if __name__ == "__main__":
    main()
