"""One finished run as the page keeps it, so that a change of language needs no second run."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from demo.pipeline import Explanation
from demo.render.modalities import Ground, ground_of
from demo.schema import Caption, Heatmap, Prediction, Sample, SpectrogramGrid


@dataclass(frozen=True)
class Layers:
    """Two pictures of one size as data URIs; heat is None where the map is flat."""

    width: int  # pixels
    height: int  # pixels
    base: str
    heat: str | None
    axes: SpectrogramGrid | None = None


@dataclass(frozen=True)
class Result:
    """What a run found. layers: "image" and "audio" where present; captions: language → Caption; inputs:
    modality → SHA-256 of what was given; strategies: what every strategy makes of the same sample; link: an
    address of the page as it was asked, as links.query writes it."""

    explanation: Explanation
    text: str | None
    layers: Mapping[str, Layers]
    captions: Mapping[str, Caption]
    inputs: Mapping[str, str] = field(default_factory=dict)
    strategies: Sequence[Prediction] = ()
    link: str = ""


def draw(sample: Sample, heatmaps: Mapping[Any, Heatmap]) -> dict[str, Layers]:
    """The layers of each heatmap that lies on something visible."""
    drawn = {}
    for modality, heatmap in heatmaps.items():
        ground = ground_of(sample, modality)
        if ground is not None:
            drawn[modality] = layers_of(ground, heatmap)
    return drawn


def bases_of(sample: Sample) -> dict[str, Layers]:
    """What lies under the maps of a sample."""
    grounds = {modality: ground_of(sample, modality) for modality in sample.modalities}
    return {modality: layers_of(ground) for modality, ground in grounds.items() if ground}


def layers_of(ground: Ground, heatmap: Heatmap | None = None) -> Layers:
    """What lies below, and the map unless it is flat, as data URIs."""
    base, heat = ground.picture, heat_uri(ground, heatmap) if heatmap else None
    return Layers(base.width, base.height, data_uri(base, "JPEG"), heat, ground.axes)


def heat_uri(ground: Ground, heatmap: Heatmap) -> str | None:
    """Heat is smooth: at half the size it looks the same and takes a quarter of the bytes. None: flat."""
    if heatmap.flat:
        return None
    heat = ground.heat(heatmap)
    small = heat.resize((max(1, heat.width // 2), max(1, heat.height // 2)))
    return data_uri(small, "WEBP")


def data_uri(picture: Image.Image, format: str) -> str:
    """The picture inside its own address: nothing is written where another person could fetch it."""
    buffer = io.BytesIO()
    picture.save(buffer, format, quality=85, method=0)
    return f"data:image/{format.lower()};base64,{base64.b64encode(buffer.getvalue()).decode()}"
