"""The rows of the ability table that do not come from trials.py: what each is called and what is promised.

Knows nothing about measuring.
"""

from __future__ import annotations

from dataclasses import dataclass

from demo.schema import MODALITIES, Modality
from demo.world.language.grammar import QUESTION_KINDS

VOICES = "synthetic voices never heard in training"
GROUNDS = "on backgrounds never used in training"
LANGUAGE_NAMES = {"en": "English", "zh": "Chinese"}
STRANGE: tuple[tuple[str, Modality, str], ...] = (  # kind, sense, what it is
    ("noise pictures", "image", "every pixel, or every block of pixels, by chance"),
    ("blank pages", "image", "white, black or another colour"),
    ("stranger emoji", "image", "emoji of nothing the model was taught, never shown in training"),
    ("photos", "image", "of seven things the model was not taught"),
    ("noise sounds", "audio", "white and brown noise"),
    ("tones", "audio", "pure tones"),
    ("silence", "audio", "nothing at all"),
    ("nothing said", "text", "held-back words about nothing the model was taught"),
)
FAMILIAR: tuple[tuple[str, Modality, str], ...] = (
    ("one thing", "image", f"scenes of one thing {GROUNDS}"),
    ("many things", "image", f"scenes of two or three things {GROUNDS}"),
    ("words", "audio", f"names of things by {VOICES}"),
    ("sentences", "text", "sentences about one thing in held-back wording"),
)


@dataclass(frozen=True)
class Row:
    """One row: the measure `name` of a task of world_tasks, or of degraded.py or machine.py.

    measure: what it is, in words; data: what it was measured on, and what of it training never saw;
    at_least, at_most: the promise (0 and None: none is made); unit: "share" (0..1), "MB" or "ms";
    needs: the senses without which it makes no sense; ece: the task's measure of how well its
    probabilities are calibrated ("": it has none).
    """

    ability: str
    task: str
    name: str
    measure: str
    data: str
    at_least: float = 0.0
    at_most: float | None = None
    unit: str = "share"
    needs: tuple[Modality, ...] = MODALITIES
    ece: str = ""


_DIGIT_DATA = "digits written (MNIST) and spoken, both held back and made poor"
DEGRADED_ROWS = (
    Row(
        "degraded digits seen",
        "degraded",
        "image",
        "accuracy",
        f"{_DIGIT_DATA}: the picture alone",
        0.70,
        0.85,
        needs=("image", "audio"),
    ),
    Row(
        "degraded digits heard",
        "degraded",
        "audio",
        "accuracy",
        f"{_DIGIT_DATA}: the sound alone",
        0.70,
        0.85,
        needs=("image", "audio"),
    ),
    Row(
        "degraded digits together",
        "degraded",
        "gain",
        "gain over the better sense",
        f"{_DIGIT_DATA}: both together minus the better one alone",
        0.08,
        needs=("image", "audio"),
        ece="ece",
    ),
)
WORLD_ROWS = (
    Row(
        "things in scenes",
        "scenes",
        "accuracy",
        "accuracy",
        f"one thing {GROUNDS}, among all labels",
        0.97,
        needs=("image",),
        ece="ece",
    ),
    Row(
        "spoken words",
        "words",
        "accuracy",
        "accuracy",
        f"names of things in English and Chinese by {VOICES}, among all labels",
        0.93,
        needs=("audio",),
        ece="ece",
    ),
    *(
        Row(
            f"captions in {name}",
            "caption",
            f"exact_{language}_1_2",
            "exact match",
            f"scenes of one or two things {GROUNDS}",
            0.85,
            needs=("image",),
            ece=f"ece_{language}",
        )
        for language, name in LANGUAGE_NAMES.items()
    ),
    *(
        Row(
            f"captions of three things in {name}",
            "caption",
            f"exact_{language}_3",
            "exact match",
            f"scenes of three things {GROUNDS}",
            needs=("image",),
        )
        for language, name in LANGUAGE_NAMES.items()
    ),
    *(
        Row(
            f"likeness of captions in {name}",
            "caption",
            f"cider_{language}",
            "CIDEr-D",
            f"scenes of one to three things {GROUNDS}; short sentences score less than 10",
            unit="/ 10",
            needs=("image",),
        )
        for language, name in LANGUAGE_NAMES.items()
    ),
    Row(
        "questions",
        "ask",
        "overall",
        "accuracy",
        f"seven kinds of questions in two languages; scenes {GROUNDS}, {VOICES}",
        0.95,
        ece="ece",
    ),
    *(
        Row(
            f"questions of kind {kind}",
            "ask",
            kind,
            "accuracy",
            "the same, those of this kind",
            0.85,
        )
        for kind in QUESTION_KINDS
    ),
    Row(
        "transcription in English",
        "transcribe",
        "wer",
        "word error rate",
        f"sentences about known things by {VOICES}",
        at_most=0.10,
        needs=("audio",),
        ece="ece_en",
    ),
    Row(
        "transcription in Chinese",
        "transcribe",
        "cer",
        "character error rate",
        f"sentences about known things by {VOICES}",
        needs=("audio",),
        ece="ece_zh",
    ),
    Row(
        "translation with the picture",
        "translate",
        "sense_with_picture",
        "accuracy",
        f"words with two meanings in sentences never used in training; pictures {GROUNDS}",
        0.97,
        needs=("image", "text"),
    ),
    Row(
        "translation without the picture",
        "translate",
        "sense_without_picture",
        "accuracy",
        "the same sentences alone, where chance is 50%",
        needs=("image", "text"),
    ),
    Row(
        "mood of three senses",
        "mood",
        "accuracy",
        "accuracy",
        f"face, words and voice, in every other set one of them at odds; wording and {VOICES}",
        ece="ece",
    ),
    Row(
        "mood of senses that contradict",
        "mood",
        "contradicting_together",
        "macro F1",
        "the same, the sets with one at odds",
    ),
    Row(
        "mood together",
        "mood",
        "gain",
        "gain over the best sense",
        "the sets with one at odds: macro F1 of all three together minus the best one alone",
        0.10,
    ),
    *(
        Row(
            ability,
            "retrieve",
            name,
            "recall at 1",
            f"1,000 scenes of two or three things {GROUNDS}, {how}",
            promise,
            needs=("image", "audio") if "speech" in name else ("image", "text"),
        )
        for ability, name, how, promise in (
            ("pictures found by text", "text_to_image_1", "described in English", 0.75),
            ("pictures found by Chinese text", "text_zh_to_image_1", "described in Chinese", 0.75),
            ("text found by pictures", "image_to_text_1", "described in English", 0.75),
            ("pictures found by speech", "speech_to_image_1", f"described by {VOICES}", 0.60),
            ("speech found by pictures", "image_to_speech_1", f"described by {VOICES}", 0.60),
        )
    ),
    *(
        Row(
            f"{these} {kind}",
            "unfamiliar",
            f"{name}_{kind.replace(' ', '_')}",
            measure,
            data,
            needs=(modality,),
        )
        for these, name, measure, kinds in (
            ("unfamiliar", "flagged", "flagged", STRANGE),
            ("familiar", "wrongly_flagged", "flagged by mistake", FAMILIAR),
        )
        for kind, modality, data in kinds
    ),
)
MACHINE_ROWS = (
    Row(
        "size",
        "machine",
        "size",
        "megabytes",
        "everything that loading the model reads",
        at_most=25,
        unit="MB",
        needs=(),
    ),
    Row(
        "time for an answer",
        "machine",
        "latency",
        "median milliseconds",
        "picture, sound and sentence together, on the machine that wrote this table",
        at_most=80,
        unit="ms",
    ),
)
