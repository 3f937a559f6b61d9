"""What travels through the app: samples in, predictions, captions and heatmaps out.

Frozen dataclasses of plain values and numpy arrays; `to_json` turns any of them into what the command
line prints and the API returns. Knows nothing about models, files or pages.
"""

from demo.schema.encoding import Encoding
from demo.schema.grids import Grid, PictureGrid, SpectrogramGrid, WordGrid, of_sound
from demo.schema.heatmaps import Faithfulness, Heatmap, Spectrogram, Verdict
from demo.schema.plain import to_json
from demo.schema.prediction import Agreement, Named, Prediction
from demo.schema.sample import MAX_SECONDS, MODALITIES, SAMPLE_RATE, Modality, Sample, Waveform
from demo.schema.words import (
    Answer,
    Caption,
    CaptionWord,
    Reply,
    Transcript,
    TranscriptWord,
    Translation,
)

__all__ = [
    "Agreement",
    "Answer",
    "Caption",
    "CaptionWord",
    "Encoding",
    "Faithfulness",
    "Grid",
    "Heatmap",
    "MAX_SECONDS",
    "MODALITIES",
    "Modality",
    "Named",
    "PictureGrid",
    "Prediction",
    "Reply",
    "SAMPLE_RATE",
    "Sample",
    "Spectrogram",
    "SpectrogramGrid",
    "Transcript",
    "TranscriptWord",
    "Translation",
    "Verdict",
    "Waveform",
    "WordGrid",
    "of_sound",
    "to_json",
]
