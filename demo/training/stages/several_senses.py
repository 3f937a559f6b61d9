"""Lessons of several senses: questions, ambiguous sentences, things that agree or not, moods."""

from __future__ import annotations

import torch

from demo.training.stages.lesson import Lesson, Loss, believed, naming
from demo.world.concepts import CONCEPTS, INDEX
from demo.world.language import grammar
from demo.world.language.ambiguous import AMBIGUOUS, translation_pair
from demo.world.language.moods import PLAIN_MOODS, draw_moods, mood_sentence
from demo.world.scenes import draw_scene

ASK = {"scenes": 20, "crowds": 12, "sounds": 22}  # questions; crowds: scenes of three or four
ASKED_OF_SCENES = ("what", "what", "what", "count", "count", "where", "exists", "colour")
ASKED_OF_SOUNDS = ("agree", "agree", "hear")
TOGETHER = {"translations": 8, "senses": 10, "moods": 10}  # samples of several senses
SAME_CONCEPT = 0.7  # of the samples of several senses; the others contradict each other
MOOD_DOUBT = 0.2  # belief shared out among all moods: unknown voices sound less certain than known


class SeveralSenses(Lesson):
    """What one sense alone cannot answer."""

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
        return naming(out.logits, believed(kinds))

    def moods(self, seconds: float) -> Loss:
        """A face, words and a tone of voice, agreeing or not: what they mean together."""
        drawn = [draw_moods(self.rng, self.rng.random() < 0.7) for _ in range(TOGETHER["moods"])]
        faces = [draw_scene(self.rng, concepts=(INDEX[face],)) for face, _, _, _ in drawn]
        said = [mood_sentence(self.rng, words, self._language()) for _, words, _, _ in drawn]
        tones = self.batches.tone([voice for _, _, voice, _ in drawn], seconds)
        out = self._several(self.batches.painted(faces), tones, said)
        right = believed([[INDEX[mood]] for _, _, _, mood in drawn])
        any_mood = believed([[INDEX[mood] for mood in PLAIN_MOODS]])
        return naming(out.logits, (1 - MOOD_DOUBT) * right + MOOD_DOUBT * any_mood)
