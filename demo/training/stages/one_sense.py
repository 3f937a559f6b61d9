"""Lessons of one sense: pictures, sentences and sounds by themselves, named and put into words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from demo.training.data.captions import (
    digit_caption,
    photo_caption,
    sound_caption,
    speech_caption,
    unknown_caption,
    voice_caption,
)
from demo.training.data.joint_batches import SHORT_SECONDS, Spoken
from demo.training.stages.lesson import Lesson, Loss, believed, naming
from demo.world.concepts import INDEX
from demo.world.language import grammar
from demo.world.language.ambiguous import AMBIGUOUS, translation_pair
from demo.world.language.moods import PLAIN_MOODS
from demo.world.scenes import Scene

LOOK = {"photos": 20, "digits": 6, "scenes": 22, "strange": 12}  # pictures in a step
ONLY_NAMED = {"photos": 64, "digits": 26}  # more pictures, of which nothing is written
READ = {
    "named": 36,
    "moods": 10,
    "nothing": 8,
    "ambiguous": 6,
}  # sentences, beside those of the scenes
HEAR = {"words": 14, "digits": 4, "scenes": 6, "sentences": 22, "moods": 6, "nothing": 2}
LONG_BATCHES = 0.1  # part of the batches of sentences that hold long texts


class OneSense(Lesson):
    """Each also gives the vectors in which scenes, descriptions and speech are to meet."""

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
        target = believed([*kinds, *([] for _ in strange)])
        spoken_of = [tuple(scene.counts) for scene in scenes]
        losses = [naming(out.logits[: len(target)], target)]
        more_of = [[concept] for _, concepts in more for concept in concepts]
        losses.append(naming(out.logits[len(target) :], believed(more_of)))
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
        losses = [naming(out.logits, believed(kinds)), self.write("translate", out, wanted, rows)]
        return losses, out.match[: len(scenes)]

    def hear(self, waves: np.ndarray, spoken: Spoken, seconds: float) -> tuple[list[Loss], Tensor]:
        """Sounds by themselves: named, captioned, transcribed. Also → match vectors of the sentences."""
        b = self.batches
        word_waves, words = b.spoken("words", HEAR["words"], SHORT_SECONDS)
        digit_waves, digit_of = b.spoken_digits(HEAR["digits"])
        silent = b.nothing_to_hear(HEAR["nothing"], SHORT_SECONDS)
        short = self._hear([word_waves, digit_waves, silent])
        names = [[c] for c in [*words.names, *digit_of]]
        losses = [naming(short.logits, believed([*names, *([] for _ in silent)]))]
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
        losses.append(naming(long.logits, believed([*kinds, *([] for _ in silent)])))
        said = list(zip(spoken.languages, spoken.texts, strict=True))
        losses.append(self.write("transcribe", long, said))
        said = self._said(speech_caption, spoken.scenes) + self._said(sound_caption, scene_of)
        losses.append(self.write("caption", long, said))
        return losses, long.match[: len(waves)]


def _kinds(scene: Scene) -> list[int]:
    return list(scene.counts)


def _other(language: str) -> str:
    return "zh" if language == "en" else "en"
