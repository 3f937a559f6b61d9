"""The rows of the ability table that do not come from trials.py: what each is called and what is promised.

Knows nothing about measuring.
"""

from __future__ import annotations

from dataclasses import dataclass

from demo.schema import MODALITIES, Modality

VOICES = "synthetic voices never heard in training"
GROUNDS = "on backgrounds never used in training"


@dataclass(frozen=True)
class Row:
    """One row: the measure `name` of a task of world_tasks, or of degraded.py or machine.py.

    measure: what it is, in words; data: what it was measured on, and what of it training never saw;
    at_least, at_most: the promise (0 and None: none is made); unit: "share" (0..1), "MB" or "ms";
    needs: the senses without which it makes no sense; calibrated: the task also measures an ECE of it.
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
    calibrated: bool = False


_DIGIT_DATA = "digits written (MNIST) and spoken, both held back and made poor"
DEGRADED_ROWS = (
    Row(
        "degraded digits seen",
        "degraded",
        "image",
        "accuracy",
        f"{_DIGIT_DATA}: the picture alone",
        needs=("image", "audio"),
    ),
    Row(
        "degraded digits heard",
        "degraded",
        "audio",
        "accuracy",
        f"{_DIGIT_DATA}: the sound alone",
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
        calibrated=True,
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
        calibrated=True,
    ),
    Row(
        "spoken words",
        "words",
        "accuracy",
        "accuracy",
        f"names of things in English and Chinese by {VOICES}, among all labels",
        0.93,
        needs=("audio",),
        calibrated=True,
    ),
    Row(
        "captions in English",
        "caption",
        "exact_en_1_2",
        "exact match",
        f"scenes of one or two things {GROUNDS}",
        0.85,
        needs=("image",),
    ),
    Row(
        "captions in Chinese",
        "caption",
        "exact_zh_1_2",
        "exact match",
        f"scenes of one or two things {GROUNDS}",
        0.85,
        needs=("image",),
    ),
    Row(
        "questions",
        "ask",
        "overall",
        "accuracy",
        f"seven kinds of questions in two languages; scenes {GROUNDS}, {VOICES}",
        0.95,
        calibrated=True,
    ),
    Row(
        "questions of the hardest kind",
        "ask",
        "least_kind",
        "accuracy",
        "the kind with the fewest right answers",
        0.85,
    ),
    Row(
        "transcription in English",
        "transcribe",
        "wer",
        "word error rate",
        f"sentences about known things by {VOICES}",
        at_most=0.10,
        needs=("audio",),
    ),
    Row(
        "transcription in Chinese",
        "transcribe",
        "cer",
        "character error rate",
        f"sentences about known things by {VOICES}",
        needs=("audio",),
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
        "mood of senses that contradict",
        "mood",
        "contradicting_together",
        "macro F1",
        f"face, words and voice, one of them at odds; wording and {VOICES}",
        calibrated=True,
    ),
    Row(
        "mood together",
        "mood",
        "gain",
        "gain over the best sense",
        "the same: macro F1 of all three together minus the best one alone",
        0.10,
    ),
    Row(
        "pictures found by text",
        "retrieve",
        "text_to_image_1",
        "recall at 1",
        f"1,000 scenes of two or three things {GROUNDS}",
        0.75,
    ),
    Row(
        "pictures found by speech",
        "retrieve",
        "speech_to_image_1",
        "recall at 1",
        f"the same 1,000 scenes, described by {VOICES}",
        0.60,
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
