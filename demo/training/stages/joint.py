"""Stages 5 and 6: everything meets in the joint transformer, and the decoder learns to write.

Multi-task training (Caruana 1997) with the stated weights: naming (cross-entropy over the label space),
place (cells.py), matching (matching.py), writing (captions, answers, transcripts, translations) and looking
(pointing.py). The convolutions are first kept as they are, then trained with the rest. Inputs that show
nothing have “no idea” as their right answer: equal belief in everything.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from demo.models.pocket.attention import recording
from demo.models.pocket.modeling import PocketModel, PocketOutput
from demo.models.pocket.tokenization import task_tokens
from demo.training.data.augment import EVERYTHING, Augmentation
from demo.training.data.captions import (
    digit_caption,
    photo_caption,
    sound_caption,
    speech_caption,
    unknown_caption,
    voice_caption,
)
from demo.training.data.cells import Taught
from demo.training.data.joint_batches import SHORT_SECONDS, JointBatches, Spoken
from demo.training.loop import ALONE, Stage, train
from demo.training.losses.matching import Matching
from demo.training.losses.pointing import looking_loss, things_of_pieces, where_to_look
from demo.training.workers import Worker
from demo.world.concepts import CONCEPTS, INDEX
from demo.world.language import grammar
from demo.world.language.ambiguous import AMBIGUOUS, translation_pair
from demo.world.language.moods import PLAIN_MOODS, draw_moods, mood_sentence
from demo.world.scenes import Scene, draw_scene

STAGE = Stage("joint", steps=1_500, learning_rate=1.8e-3, weight_decay=0.03, optimizer="muon")
POLISH = Stage(
    "polish",
    steps=3_400,
    learning_rate=1.3e-3,
    weight_decay=0.03,
    optimizer="muon",
    warmup=0.05,
    convolutions=0.25,
)
WEIGHTS = {"name": 1.0, "place": 0.5, "match": 0.75, "write": 1.0, "look": 0.5}
LOOK = {"photos": 20, "digits": 6, "scenes": 22, "strange": 12}  # pictures in a step
ONLY_NAMED = {"photos": 64, "digits": 26}  # more pictures, of which nothing is written
READ = {
    "named": 36,
    "moods": 10,
    "nothing": 8,
    "ambiguous": 6,
}  # sentences, beside those of the scenes
HEAR = {"words": 14, "digits": 4, "scenes": 6, "sentences": 22, "moods": 6, "nothing": 2}
ASK = {"scenes": 20, "crowds": 12, "sounds": 22}  # questions; crowds: scenes of three or four
ASKED_OF_SCENES = ("what", "what", "what", "count", "count", "where", "exists", "colour")
ASKED_OF_SOUNDS = ("agree", "agree", "hear")
TOGETHER = {"translations": 8, "senses": 10, "moods": 10}  # samples of several senses
SPOKEN = (  # part of the corpus and seconds of a step, by turns
    ("sentences", 1.92),
    ("descriptions", 3.52),
    ("sentences", 2.56),
    ("descriptions", 2.56),
    ("descriptions", 3.52),
)
SAME_CONCEPT = 0.7  # of the samples of several senses; the others contradict each other
MASKED_WORDS = 0.05  # part of the word pieces that are hidden from sentences to be named
LONG_BATCHES = 0.1  # part of the batches of sentences that hold long texts
LABEL_SMOOTHING = 0.05
MOOD_DOUBT = 0.2  # belief shared out among all moods: unknown voices sound less certain than known
LANGUAGES = ("en", "zh")
Item = TypeVar("Item")
Loss = tuple[str, Tensor]  # which of WEIGHTS it is weighted by, and the loss


class Lessons:
    """One training step of each kind, as losses by name."""

    def __init__(
        self, taught: Taught, tokenizer: PreTrainedTokenizerFast, batches: JointBatches
    ) -> None:
        self.taught = taught
        self.model = taught.model
        self.tokenizer = tokenizer
        self.batches = batches
        self.rng = batches.rng
        self.tasks = task_tokens(tokenizer)
        self.matching = Matching(self.model.config.hidden_size)

    def __call__(self, step: int) -> Tensor:
        """The weighted sum of all losses of one step."""
        part, seconds = SPOKEN[step % len(SPOKEN)]
        waves, spoken = self.batches.spoken(part, HEAR["sentences"], seconds)
        scenes = [*self.batches.scenes(LOOK["scenes"]), *spoken.scenes]
        look, seen = self.look(scenes)
        read, told = self.read(scenes, spoken.texts)
        hear, heard = self.hear(waves, spoken, seconds)
        scale = self.model.log_match_scale.exp().clamp(max=100.0)
        losses = [*look, *read, *hear, ("match", self.matching(scale, seen, told, heard))]
        losses += [*self.ask(), self.ask_about_sounds(), self.translate(), self.modalities()]
        if step % 2:
            losses.append(self.moods(seconds))
        total = torch.zeros((), device=scale.device)
        for kind, loss in losses:
            total = total + WEIGHTS[kind] * loss
        return total

    # One sense -------------------------------------------------------------------------------

    def look(self, scenes: Sequence[Scene]) -> tuple[list[Loss], Tensor]:
        """Pictures by themselves: named and captioned. Also → match vectors of the scenes."""
        photos, photo_of = self.batches.photos(LOOK["photos"])
        digits, digit_of = self.batches.digits(LOOK["digits"])
        strange = self.batches.strange_pictures(LOOK["strange"])
        painted = self.batches.painted_cells(scenes)
        more = [
            self.batches.photos(ONLY_NAMED["photos"]),
            self.batches.digits(ONLY_NAMED["digits"]),
        ]
        pictures = [painted.pictures, photos, digits, strange, *(pixels for pixels, _ in more)]
        out = self.model(pixel_values=self.put(torch.cat(pictures)))
        kinds = [*map(_kinds, scenes), *([c] for c in photo_of + digit_of)]
        said = self._said(grammar.caption, scenes)
        said += self._said(photo_caption, photo_of)
        said += self._said(digit_caption, digit_of)
        said += self._said(unknown_caption, strange)
        target = _believed([*kinds, *([] for _ in strange)])
        spoken_of = [tuple(scene.counts) for scene in scenes]
        losses = [_naming(out.logits[: len(target)], target)]
        more_of = [[concept] for _, concepts in more for concept in concepts]
        losses.append(_naming(out.logits[len(target) :], _believed(more_of)))
        losses += self.write_of("caption", out, said, scenes, spoken_of, painted.cells)
        memory = out.memory[: len(scenes)]
        losses.append(("name", self.taught.names(memory, painted.cells)))
        losses.append(("place", self.taught.places(memory, painted)))
        return losses, out.match[: len(scenes)]

    def read(self, scenes: Sequence[Scene], spoken: list[str]) -> tuple[list[Loss], Tensor]:
        """Sentences by themselves: named, and translated without a picture. Also → match vectors."""
        described = len(scenes) - len(spoken)
        languages = [self._language() for _ in range(described)]
        say = [self._description() for _ in range(described)]
        texts = [f(s, lang) for f, s, lang in zip(say, scenes, languages, strict=False)]
        other = [_other(lang) for lang in languages]
        wanted = [(lang, f(s, lang)) for f, s, lang in zip(say, scenes, other, strict=False)]
        words = [self.rng.choice(list(AMBIGUOUS)) for _ in range(READ["ambiguous"])]
        pairs = [translation_pair(self.rng, w, self.rng.choice(AMBIGUOUS[w])) for w in words]
        concepts = self.batches.any_concepts(READ["named"])
        concepts += [INDEX[self.rng.choice(PLAIN_MOODS)] for _ in range(READ["moods"])]
        named = self.batches.tell(concepts, self.rng.random() < LONG_BATCHES)
        nothing = self.batches.nothing_to_read(READ["nothing"])
        english = [source for source, _ in pairs]
        out = self._read([*texts, *spoken, *english, *named, *nothing], len(named) + len(nothing))
        kinds = [*map(_kinds, scenes)]
        kinds += [[sense.index for sense in AMBIGUOUS[w]] for w in words]
        kinds += [[c] for c in concepts] + [[] for _ in nothing]
        rows = [*range(described), *range(len(scenes), len(scenes) + len(pairs))]
        wanted += [("zh", chinese) for _, chinese in pairs]
        losses = [_naming(out.logits, _believed(kinds)), self.write("translate", out, wanted, rows)]
        return losses, out.match[: len(scenes)]

    def hear(self, waves: np.ndarray, spoken: Spoken, seconds: float) -> tuple[list[Loss], Tensor]:
        """Sounds by themselves: named, captioned, transcribed. Also → match vectors of the sentences."""
        b = self.batches
        word_waves, words = b.spoken("words", HEAR["words"], SHORT_SECONDS)
        digit_waves, digit_of = b.spoken_digits(HEAR["digits"])
        silent = b.nothing_to_hear(HEAR["nothing"], SHORT_SECONDS)
        short = self._hear([word_waves, digit_waves, silent])
        names = [[c] for c in [*words.names, *digit_of]]
        losses = [_naming(short.logits, _believed([*names, *([] for _ in silent)]))]
        moments = self.taught.moments(short.memory[: len(names)], [c for (c,) in names])
        losses.append(("name", moments))
        said = list(zip(words.languages, words.texts, strict=True))
        losses.append(self.write("transcribe", short, said))
        said = self._said(voice_caption, [c for (c,) in names])
        said += self._said(unknown_caption, silent)
        losses.append(self.write("caption", short, said))

        tone_waves, tones = b.spoken("moods", HEAR["moods"], seconds)
        scene_waves, scene_of = b.environment(HEAR["scenes"], seconds)
        silent = b.nothing_to_hear(HEAR["nothing"], seconds)
        long = self._hear([waves, scene_waves, tone_waves, silent])
        kinds = [*map(_kinds, spoken.scenes), *([c] for c in [*scene_of, *tones.names])]
        losses.append(_naming(long.logits, _believed([*kinds, *([] for _ in silent)])))
        said = list(zip(spoken.languages, spoken.texts, strict=True))
        losses.append(self.write("transcribe", long, said))
        said = self._said(speech_caption, spoken.scenes) + self._said(sound_caption, scene_of)
        losses.append(self.write("caption", long, said))
        return losses, long.match[: len(waves)]

    # Several senses --------------------------------------------------------------------------

    def ask(self) -> list[Loss]:
        """Questions about scenes."""
        crowds = [self.batches.scenes(ASK["crowds"] // 2, things) for things in (3, 4)]
        scenes = [*self.batches.scenes(ASK["scenes"]), *crowds[0], *crowds[1]]
        kinds = [self.rng.choice(ASKED_OF_SCENES) for _ in scenes]
        asked = [
            grammar.question(self.rng, scene, kind, self._language())
            for scene, kind in zip(scenes, kinds, strict=True)
        ]
        painted = self.batches.painted_cells(scenes)
        out = self._several(painted.pictures, None, [q.question for q in asked])
        said = [(q.language, q.answer) for q in asked]
        about = [q.about for q in asked]
        cells = painted.cells
        placed = self.taught.places(out.memory[:, : cells.shape[1]], painted)
        return [("place", placed), *self.write_of("answer", out, said, scenes, about, cells)]

    def ask_about_sounds(self) -> Loss:
        """What is heard beside a picture, and whether the two agree."""
        some = ASK["sounds"]
        heard = self.batches.any_concepts(some // 4)
        heard += self.batches.shown_concepts(some - some // 4)
        same = [self.rng.random() < 0.5 for _ in heard]
        shown = [
            c if s else self.rng.randrange(len(CONCEPTS)) for c, s in zip(heard, same, strict=True)
        ]
        asked = [
            grammar.hear_question(self.rng, c, self._language())
            if self.rng.choice(ASKED_OF_SOUNDS) == "hear"
            else grammar.agree_question(self.rng, c == other, self._language())
            for c, other in zip(heard, shown, strict=True)
        ]
        # “what do you hear?” may be asked without a picture
        pictured = [q.kind == "agree" or self.rng.random() < 0.5 for q in asked]
        questions = [q.question for q in asked]
        out = self._several(
            self.batches.show(shown), self.batches.sound(heard), questions, pictured
        )
        return self.write("answer", out, [(q.language, q.answer) for q in asked])

    def translate(self) -> Loss:
        """Ambiguous sentences beside a picture that decides what they mean."""
        words = [self.rng.choice(list(AMBIGUOUS)) for _ in range(TOGETHER["translations"])]
        senses = [self.rng.choice(AMBIGUOUS[word]) for word in words]
        pairs = [translation_pair(self.rng, w, s) for w, s in zip(words, senses, strict=True)]
        pictures = self.batches.painted(
            [draw_scene(self.rng, concepts=(sense.index,)) for sense in senses]
        )
        out = self._several(pictures, None, [english for english, _ in pairs])
        return self.write("translate", out, [("zh", chinese) for _, chinese in pairs])

    def modalities(self) -> Loss:
        """Two or three senses of one concept, or of several that contradict each other, named."""
        count = TOGETHER["senses"]
        shown = [self.batches.any_concepts(count) for _ in range(3)]
        present = torch.ones(count, 3, dtype=torch.bool)
        for row in range(count):
            if self.rng.random() < SAME_CONCEPT:
                for column in shown[1:]:
                    column[row] = shown[0][row]
            if (dropped := self.rng.randrange(4)) < 3 and self.batches.augmentation.modalities:
                present[row, dropped] = False
        pictures, sounds = self.batches.show(shown[0]), self.batches.sound(shown[1])
        ids, mask = self._ids(self.batches.tell(shown[2], long=False))
        out = self.model(*map(self.put, (pictures, sounds, ids, mask, present)))
        kinds = [
            [c for c, here in zip(row, present[i].tolist(), strict=True) if here]
            for i, row in enumerate(zip(*shown, strict=True))
        ]
        return _naming(out.logits, _believed(kinds))

    def moods(self, seconds: float) -> Loss:
        """A face, words and a tone of voice, agreeing or not: what they mean together."""
        drawn = [draw_moods(self.rng, self.rng.random() < 0.7) for _ in range(TOGETHER["moods"])]
        faces = [draw_scene(self.rng, concepts=(INDEX[face],)) for face, _, _, _ in drawn]
        said = [mood_sentence(self.rng, words, self._language()) for _, words, _, _ in drawn]
        tones = self.batches.tone([voice for _, _, voice, _ in drawn], seconds)
        out = self._several(self.batches.painted(faces), tones, said)
        right = _believed([[INDEX[mood]] for _, _, _, mood in drawn])
        any_mood = _believed([[INDEX[mood] for mood in PLAIN_MOODS]])
        return _naming(out.logits, (1 - MOOD_DOUBT) * right + MOOD_DOUBT * any_mood)

    # Helpers ---------------------------------------------------------------------------------

    def put(self, drawn: Tensor) -> Tensor:
        """Where the model is; material is drawn on the processor."""
        return drawn.to(self.model.device)

    def write(
        self,
        task: str,
        out: PocketOutput,
        wanted: Sequence[tuple[str, str]],
        rows: list[int] | None = None,
    ) -> Loss:
        """Cross-entropy per word piece of the wanted (language, text) of rows (None: the first ones)."""
        rows = list(range(len(wanted))) if rows is None else rows
        pieces = self.tokenizer([text for _, text in wanted])["input_ids"]
        limit = self.model.config.max_written_tokens
        ids = [
            [self.tasks[f"{task}-{language}"], *piece[: limit - 1], self.tokenizer.eos_token_id]
            for (language, _), piece in zip(wanted, pieces, strict=True)
        ]
        padded = torch.nn.utils.rnn.pad_sequence(
            [torch.tensor(row) for row in ids], batch_first=True, padding_value=-100
        )
        padded = self.put(padded)
        read, right = padded[:, :-1].clamp(min=0), padded[:, 1:]
        kept = right >= 0
        logits = self.model.write(read, out.memory[rows], out.valid[rows], kept)
        return "write", F.cross_entropy(logits.float(), right[kept])

    def write_of(
        self,
        task: str,
        out: PocketOutput,
        wanted: Sequence[tuple[str, str]],
        scenes: Sequence[Scene],
        about: Sequence[Sequence[int]],
        cells: Tensor,
    ) -> list[Loss]:
        """As `write`; the first rows are of scenes, and the decoder should look at what it speaks of."""
        with recording(self.model.decoder.reading) as layers:
            written = self.write(task, out, wanted)
        texts = wanted[: len(scenes)]
        spans = self.tokenizer([text for _, text in texts], return_offsets_mapping=True)
        pieces = [
            things_of_pieces(scene, of, language, text, where)
            for scene, of, (language, text), where in zip(
                scenes, about, texts, spans["offset_mapping"], strict=True
            )
        ]
        longest = min(layers[0].q.shape[2], max(map(len, pieces)))
        spots = where_to_look(pieces, cells, longest)
        return [written, ("look", looking_loss(layers, spots))]

    def _read(self, texts: list[str], masked: int) -> PocketOutput:
        """Sentences by themselves; of the last `masked` ones some word pieces are hidden."""
        ids, mask = self._ids(texts)
        hidden = torch.rand(ids.shape) < MASKED_WORDS * self.batches.augmentation.words
        hidden[: len(texts) - masked] = False
        ids = torch.where(hidden & mask, self.tokenizer.unk_token_id, ids)
        return self.model(input_ids=self.put(ids), attention_mask=self.put(mask))

    def _hear(self, waves: Sequence[np.ndarray]) -> PocketOutput:
        mel = self.batches.sounds.spectrograms(np.concatenate(waves), speech=True)
        return self.model(log_mel=self.put(mel))

    def _several(
        self,
        pictures: Tensor,
        sounds: Tensor | None,
        texts: list[str],
        pictured: list[bool] | None = None,
    ) -> PocketOutput:
        """Senses together; pictured: False hides a row's picture."""
        ids, mask = self._ids(texts)
        modalities = 2 if sounds is None else 3
        present = torch.ones(len(texts), modalities, dtype=torch.bool)
        if pictured is not None:
            present[:, 0] = torch.tensor(pictured)
        heard = None if sounds is None else self.put(sounds)
        return self.model(self.put(pictures), heard, *map(self.put, (ids, mask, present)))

    def _ids(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        batch = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        return batch["input_ids"], batch["attention_mask"].bool()

    def _said(
        self, caption: Callable[[Item, str], str], things: Iterable[Item]
    ) -> list[tuple[str, str]]:
        """(language, caption) of each thing, in languages at random."""
        languages = ((thing, self._language()) for thing in things)
        return [(language, caption(thing, language)) for thing, language in languages]

    def _language(self) -> str:
        return self.rng.choice(LANGUAGES)

    def _description(self) -> Callable[[Scene, str], str]:
        return grammar.description if self.rng.random() < 0.75 else grammar.caption


# Losses --------------------------------------------------------------------------------------


def _naming(logits: Tensor, target: Tensor) -> Loss:
    right = target.to(logits.device)
    return "name", F.cross_entropy(logits.float(), right, label_smoothing=LABEL_SMOOTHING)


def _believed(kinds: Sequence[Sequence[int]]) -> Tensor:
    """Belief shared out among the concepts of each row; a row of none believes in all. [B, C]."""
    target = torch.zeros(len(kinds), len(CONCEPTS))
    for row, concepts in zip(target, kinds, strict=True):
        if not concepts:
            row += 1.0
        for concept in concepts:
            row[concept] += 1.0
    return target / target.sum(-1, keepdim=True)


def _kinds(scene: Scene) -> list[int]:
    return list(scene.counts)


def _other(language: str) -> str:
    return "zh" if language == "en" else "en"


def train_joint(
    model: PocketModel,
    tokenizer: PreTrainedTokenizerFast,
    data: Path,
    speech: Path,
    folder: Path,
    report: Callable[[str], None],
    worker: Worker = ALONE,
    augmentation: Augmentation = EVERYTHING,
    stages: Sequence[Stage] = (STAGE, POLISH),
) -> None:
    """Train in place: everything but the convolutions first, then everything."""
    from demo.training.validation import validate

    torch.manual_seed(3)  # every worker begins with the same heads
    taught = Taught(model).to(model.device)
    convolutions = [model.image_encoder.convolutions, model.audio_encoder.convolutions]
    for module in convolutions:  # a step takes an eighth less time
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    batches = JointBatches(data, speech, model.config, augmentation)
    lessons = Lessons(taught, tokenizer, batches)

    def loss_of(step: int) -> Tensor:
        for module in convolutions:
            module.eval()  # keep the statistics they were trained with
        return lessons(step)

    def check(every: int = 10) -> str:
        return validate(copy.deepcopy(model).cpu(), tokenizer, data, speech, every)

    for stage in stages:
        for module in convolutions:
            module.requires_grad_(stage is not STAGE)
        chance = (batches.rng, batches.random)
        remembered = lessons.matching
        train(stage, taught, loss_of, folder, report, check, 500, worker, chance, remembered)
        if worker.first:
            report(f"{stage.name} stage done: {check(every=4)}")
