"""Looking into a transcript: where the transcriber listened for a word, and whether it hears it without that.

Listening again takes it about a second each time, so the map is not measured against random ones here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from demo.errors import LANGUAGES, UserError
from demo.explain import BEST
from demo.explain.request import ExplainRequest
from demo.generate.transcription import Transcription
from demo.generate.transcripts import cells_of, listening_map, words_in_order
from demo.inspect.inspection import Ablation, Erasure, Inspection, View
from demo.models.transcriber import SpokenPiece, Transcriber
from demo.schema import Heatmap, Sample, Waveform


class SpokenInspection(Inspection):
    """One word that was heard in a recording.

    Raises:
        UserError: no such word was heard.
    """

    def __init__(
        self, transcriber: Transcriber, sound: Waveform, pieces: Sequence[SpokenPiece], number: int
    ) -> None:
        places = [(piece, i) for piece in pieces for i in range(len(piece.words))]
        self.text = words_in_order(pieces) if pieces else ""
        if not pieces:
            raise UserError("look_nobody_speaks")
        if not 0 <= number < len(places):
            raise UserError("look_word_missing", word=number + 1, text=self.text)
        self.words = tuple(piece.words[i].word for piece, i in places)
        self.piece, self.number = places[number]
        self.word = self.piece.words[self.number]
        self.transcriber, self.sound = transcriber, sound
        self.lock = Lock()

    @property
    def probability(self) -> float:
        """0..1, of the word after those before it."""
        return self.word.probability

    def leave_when(self, stop: Callable[[], bool]) -> None:
        """Nothing here takes so long that somebody would leave."""

    def maps(self, method: str, measured: bool = False) -> dict[str, Heatmap]:
        """Where it listened; never measured.

        Raises:
            UserError: any other method than the best.
        """
        if method != BEST:
            raise UserError("method_not_of_speech", name=method)
        return {"audio": listening_map(self.word, self.piece)}

    def view(self, methods: Sequence[str], measured: bool) -> View:
        """See Inspection."""
        maps = {name: self.maps(name) for name in methods}
        return View(self.word.word, self.probability, maps, self.text, self.words)

    def erased(self, method: str, erasure: Erasure) -> Ablation:
        """See Inspection: what is erased is silent.

        Raises:
            UserError: as maps; or another sense than the sound.
        """
        if erasure.modality != "audio":
            raise UserError(f"look_no_{erasure.modality}")
        heatmap = self.maps(method)["audio"]
        kept = erasure.kept(heatmap)
        before, after = self.probabilities(np.stack([np.ones_like(kept), kept]))
        left = kept.reshape(heatmap.values.shape)
        return Ablation("audio", heatmap.grid, left, self.word.word, before, after)

    def probabilities(self, kept: np.ndarray) -> list[float]:
        """Of the word when only some cells of its map can be heard. kept: bool [B, cells] → B."""
        edges = cells_of(self.piece)
        starts = np.arange(len(self.word.attention)) * self.piece.frame_s
        cell = np.searchsorted(edges, starts + 1e-9, side="right") - 1
        places = kept[:, cell.clip(0, kept.shape[1] - 1)]
        scores = self.transcriber.word_scores(self.sound, self.piece, self.number, places)
        return [math.exp(score) for score in scores]


def spoken_word(
    speech: Transcription, sample: Sample, request: ExplainRequest
) -> SpokenInspection | None:
    """The word of a request, in what the transcriber heard; None where there is no transcriber.

    Raises:
        UserError: no such word was heard.
    """
    transcriber, sound = speech.roles.transcriber, sample.audio
    if transcriber is None or sound is None:
        return None
    languages = [request.language] if request.language else list(LANGUAGES)
    pieces = speech.spoken(sound, languages)
    single = None if pieces is None else speech.single(sound, languages, pieces)
    if single is not None:
        raise UserError("look_single_word", word=single.word)
    return None if pieces is None else SpokenInspection(transcriber, sound, pieces, request.word)
