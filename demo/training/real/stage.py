"""The stages that teach sentences about real photos: describing them, and answering questions."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.pocket.real.modeling import RealModel, picture_tokens
from demo.schema import PictureGrid
from demo.training.loop import Stage, train
from demo.training.real.photos import SIDE, Photos
from demo.training.real.questions import exists_trials, questions_of
from demo.training.real.wordings import YES_NO
from demo.training.real.words import cleaned, names_a_side

PHOTOS_PER_STEP = 96
LABEL_SMOOTHING = 0.1
WORDS_HIDDEN = 0.1  # of those the decoder has written so far
GRID = PictureGrid(SIDE, SIDE)
CAPTIONS = Stage(
    "captions", steps=900, learning_rate=2e-3, weight_decay=0.05, optimizer="muon", warmup=0.08
)
QUESTIONS = Stage(
    "questions",
    steps=380,
    learning_rate=1.2e-3,
    weight_decay=0.05,
    optimizer="muon",
    warmup=0.08,
    average=0.97,
)


class Lessons:
    """The loss of one step."""

    def __init__(
        self,
        model: RealModel,
        tokenizer: PreTrainedTokenizerFast,
        photos: Photos,
        questions: bool = True,
        photos_per_step: int = PHOTOS_PER_STEP,
    ) -> None:
        self.model, self.tokenizer, self.photos = model, tokenizer, photos
        self.tasks, self.questions = model.config.tasks, questions
        self.photos_per_step = photos_per_step
        self.rng = random.Random(0)

    def __call__(self, step: int) -> Tensor:
        rows = self.rng.sample(range(len(self.photos)), self.photos_per_step)
        views = [self.rng.randrange(self.photos.features.shape[1]) for _ in rows]
        mirrored = [bool(self.photos.mirrored[r, v]) for r, v in zip(rows, views, strict=True)]
        tokens = self.features(rows, views)
        told = {language: self._sentences(rows, mirrored, language) for language in ("en", "zh")}
        written = self._write(self.model.joint(tokens)[1], told)
        return written + self._answer(rows, tokens) if self.questions else written

    def features(self, rows: Sequence[int], views: Sequence[int]) -> Tensor:
        """Tokens of photos, [B, N, TOKEN]."""
        found = np.stack(
            [self.photos.features[r, v] for r, v in zip(rows, views, strict=True)]
        ).astype(np.float32)
        return picture_tokens(torch.from_numpy(found).to(self.model.device), GRID)

    def _answer(self, rows: Sequence[int], tokens: Tensor) -> Tensor:
        """A question for each photo, read together with it."""
        asked = []
        for row in rows:
            photo = self.photos.described[row]
            asked.append(self.rng.choice(questions_of(photo.en, photo.zh, self.rng)))
        memory, valid = self.read_with([one.question for one in asked], tokens[: len(asked)])
        return self.written("answer", memory, valid, [(one.language, one.answer) for one in asked])

    def read_with(self, texts: Sequence[str], photos: Tensor) -> tuple[Tensor, Tensor]:
        """What the decoder reads of photos and their questions. [B, N, TOKEN] → [B, N + L, D], valid."""
        ids, mask = self._ids(texts)
        both = torch.cat([photos, self.model.read_words(ids, mask)], dim=1)
        there = torch.ones(photos.shape[:2], dtype=torch.bool, device=photos.device)
        valid = torch.cat([there, mask], dim=1)
        return self.model.joint(both, valid)[1], valid

    def _ids(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        batch = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=48, return_tensors="pt"
        )
        device = self.model.device
        return batch["input_ids"].to(device), batch["attention_mask"].bool().to(device)

    def _sentences(
        self, rows: Sequence[int], mirrored: Sequence[bool], language: str
    ) -> list[tuple[int, str]]:
        """Which of a photo's sentences, and it, for each of rows."""
        told = []
        for row, turned in zip(rows, mirrored, strict=True):
            every = list(enumerate(getattr(self.photos.described[row], language)))
            fit = [pair for pair in every if not (turned and names_a_side(pair[1]))] or every
            number, sentence = self.rng.choice(fit)
            told.append((number, cleaned(sentence, language)))
        return told

    def _write(self, memory: Tensor, told: dict[str, list[tuple[int, str]]]) -> Tensor:
        wanted = [(language, text) for language, pairs in told.items() for _, text in pairs]
        return self.written("caption", memory.repeat(len(told), 1, 1), None, wanted)

    def written(
        self, task: str, memory: Tensor, valid: Tensor | None, wanted: Sequence[tuple[str, str]]
    ) -> Tensor:
        """Cross-entropy per word piece of the wanted (language, text), one for each row of memory."""
        limit = self.model.config.max_written_tokens
        pieces = self.tokenizer([text for _, text in wanted])["input_ids"]
        ids = [
            [self.tasks[f"{task}-{language}"], *piece[: limit - 1], self.tokenizer.eos_token_id]
            for (language, _), piece in zip(wanted, pieces, strict=True)
        ]
        padded = torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(row) for row in ids], batch_first=True, padding_value=-100
        ).to(memory.device)
        before, right = padded[:, :-1].clamp(min=0), padded[:, 1:]
        kept = right >= 0
        if self.model.training:
            hidden = torch.rand(before.shape, device=before.device) < WORDS_HIDDEN
            hidden[:, 0] = False
            before = before.masked_fill(hidden, self.tokenizer.unk_token_id)
        logits = self.model.write(before, memory, valid, kept).float()
        smoothing = LABEL_SMOOTHING if self.model.training else 0.0
        return F.cross_entropy(logits, right[kept], label_smoothing=smoothing)


class Check:
    """How far it is, on photos that are held back."""

    def __init__(self, lessons: Lessons, held_back: Photos) -> None:
        self.there = Lessons(lessons.model, lessons.tokenizer, held_back)  # draws its own
        rows = [
            {"image": i, "en": photo.en, "zh": photo.zh}
            for i, photo in enumerate(held_back.described[::2])
        ]
        self.trials = exists_trials(rows, random.Random(1), 1)

    @torch.no_grad()
    def __call__(self) -> str:
        there = self.there
        there.model.eval()
        losses: dict[str, list[float]] = {"en": [], "zh": []}
        for start in range(0, len(there.photos), 100):
            some = range(start, min(start + 100, len(there.photos)))
            memory = there.model.joint(there.features(some, [0] * len(some)))[1]
            for language, found in losses.items():
                texts = [
                    cleaned(getattr(there.photos.described[r], language)[0], language) for r in some
                ]
                wanted = [(language, text) for text in texts]
                found.append(float(there.written("caption", memory, None, wanted)))
        told = [f"{language}: nats {np.mean(every):.3f}" for language, every in losses.items()]
        return " ".join([*told, f"exists {self._exists():.3f}"])

    def _exists(self) -> float:
        """Part of “is there a …?” in which the right one of yes and no is the likelier."""
        right, there = 0, self.there
        for start in range(0, len(self.trials), 100):
            some = self.trials[start : start + 100]
            tokens = there.features([2 * int(image) for image, *_ in some], [0] * len(some))
            memory, valid = there.read_with([question for _, question, _, _ in some], tokens)
            starts = [there.tasks[f"answer-{language}"] for *_, language in some]
            logits = there.model.write(
                torch.tensor(starts, device=memory.device)[:, None], memory, valid
            )[:, 0]
            for row, (_, _, answer, language) in zip(logits, some, strict=True):
                yes, no = (there.tokenizer(word)["input_ids"][0] for word in YES_NO[language])
                said = YES_NO[language][int(row[no] > row[yes])]
                right += said == answer
        return right / max(1, len(self.trials))


def learn_sentences(
    model: RealModel,
    tokenizer: PreTrainedTokenizerFast,
    photos: tuple[Photos, Photos],
    runs: Path,
    report: Callable[[str], None],
    stage: Stage,
) -> None:
    """In place. photos: to learn from, and held back; without questions in the first stage."""
    lessons = Lessons(model, tokenizer, photos[0], questions=stage.name == QUESTIONS.name)
    check = Check(lessons, photos[1])
    train(stage, model, lessons, runs, report, check, evaluate_every=100, chance=[lessons.rng])
