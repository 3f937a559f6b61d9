"""How a checkpoint's own picture preprocessing lies on the picture, so that maps never shift.

Reads sizes and crops off the image processor; a tower says what its network makes of the pixels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers.image_transforms import get_size_with_aspect_ratio
from transformers.image_utils import get_image_size_for_max_height_width

from demo.errors import UserError
from demo.models.hub.opened import Opened
from demo.models.perturber import PerturbableInput
from demo.schema import Encoding, Grid, PictureGrid, Sample

# A strip longer than this is cut to its middle before it is enlarged, which reads the same part of it: a
# line of 60,000 × 1 pixels would become 3 gigapixels.
MOST_ASPECT = 16

Box = tuple[float, float, float, float]


def pixel_values(processor: Any, image: np.ndarray) -> tuple[Tensor, Box]:
    """uint8 [H, W, 3] → float [3, S, S], as the processor makes them, and the part of the picture that is
    read: (left, top, right, bottom) as fractions, see read_box."""
    height, width = image.shape[:2]
    enlarges = _crops(processor) and getattr(processor, "do_resize", True)
    if enlarges and max(height, width) > MOST_ASPECT * min(height, width):
        rows, cols = (_middle(side, MOST_ASPECT * min(height, width)) for side in (height, width))
        pixels, box = pixel_values(processor, np.ascontiguousarray(image[rows, cols]))
        return pixels, _within(box, rows, cols, height, width)
    found = processor(images=image, return_tensors="pt", input_data_format="channels_last")
    return found["pixel_values"][0], read_box(processor, height, width)


def _crops(processor: Any) -> bool:
    return bool(getattr(processor, "do_center_crop", False) and processor.crop_size)


def _middle(side: int, most: int) -> slice:
    first = max(0, (side - most) // 2)
    return slice(first, first + min(side, most))


def _within(box: Box, rows: slice, cols: slice, height: int, width: int) -> Box:
    """A box of the part rows × cols as one of the whole picture."""
    wide, high = cols.stop - cols.start, rows.stop - rows.start
    left, top, right, bottom = box
    return (
        (cols.start + left * wide) / width,
        (rows.start + top * high) / height,
        (cols.start + right * wide) / width,
        (rows.start + bottom * high) / height,
    )


def read_box(processor: Any, height: int, width: int) -> Box:
    """The part of a picture that is read, (left, top, right, bottom) as fractions of it.

    Squeezing to a square reads all of it; resizing the shorter side and cropping reads the middle; a crop
    that is larger than the picture reads a black margin around it, which lies below 0 and above 1.
    """
    high, wide = _resized(processor, height, width)
    top = left = 0
    bottom, right = high, wide
    if _crops(processor):
        crop = _sizes(processor.crop_size)
        top, left = (high - crop["height"]) // 2, (wide - crop["width"]) // 2
        bottom, right = top + crop["height"], left + crop["width"]
    if getattr(processor, "do_pad", False) and getattr(processor, "pad_size", None):
        pad = _sizes(processor.pad_size)  # below and to the right
        bottom, right = top + pad["height"], left + pad["width"]
    return (left / wide, top / high, right / wide, bottom / high)


def _resized(processor: Any, height: int, width: int) -> tuple[int, int]:
    """Height and width before cropping, as transformers' image_processing_backends.py has them."""
    size = _sizes(processor.size) if getattr(processor, "do_resize", True) else {}
    if "shortest_edge" in size:
        return get_size_with_aspect_ratio(
            (height, width), size["shortest_edge"], size.get("longest_edge")
        )
    if "max_height" in size:
        return get_image_size_for_max_height_width(
            (height, width), size["max_height"], size["max_width"]
        )
    return size.get("height", height), size.get("width", width)


def _covered(box: Box, part: float) -> Box:
    """What whole patches cover of what is read: patches of 14 pixels leave 6 of 384 out."""
    left, top, right, bottom = box
    return (left, top, left + part * (right - left), top + part * (bottom - top))


def _sizes(size: Any) -> Mapping[str, int]:
    """A processor's size as a mapping, of the entries that are set."""
    items = size.items() if isinstance(size, Mapping) else vars(size).items()
    return {name: value for name, value in items if value is not None}


def patches_of(side: int, patch: int) -> Tensor:
    """The patch of each pixel that the model reads, -1 of those beyond the last whole one. int64 [side,
    side]."""
    count, place = side // patch, torch.arange(side) // patch
    cells = place[:, None] * count + place
    return torch.where((place[:, None] < count) & (place < count), cells, -1)


def erasable(pixels: Tensor, grid: Grid, patch: int, tokens: Any) -> PerturbableInput:
    """A picture that can be erased patch by patch; baseline: its median colour, which on a plain ground is
    the ground itself. pixels: float [3, S, S]; patch: pixels; tokens: as PerturbableInput.tokens."""
    colour = pixels.flatten(1).median(dim=1).values[:, None, None].expand_as(pixels)
    where = patches_of(pixels.shape[-1], patch).to(pixels.device)
    return PerturbableInput(pixels, colour, where, grid.rows * grid.cols, tokens)


class PictureTower:
    """What vision towers of square patches have in common; see Tower. `tokens` and `pool` are their own."""

    modality = "image"

    def __init__(self, opened: Opened) -> None:
        """Raises UserError where its preprocessing makes pictures of another size than its network reads."""
        self.model, self.processor, self.device = opened.model, opened.pictures, opened.device
        self.vision = opened.model.vision_model
        config = opened.model.config.vision_config
        self.patch, self.side = config.patch_size, config.image_size // config.patch_size
        pixels, _ = pixel_values(self.processor, np.zeros((8, 12, 3), np.uint8))
        if pixels.shape[1:] != (config.image_size, config.image_size):
            raise UserError("checkpoint_other_size", source=opened.checkpoint.source)

    @torch.no_grad()
    def encode(self, inputs: Sequence[np.ndarray]) -> list[Encoding]:
        """uint8 [H, W, 3] each; tokens: the patches with their places, as they enter the first layer."""
        return [self._encode(image) for image in inputs]

    def _encode(self, image: np.ndarray) -> Encoding:
        pixels, box = pixel_values(self.processor, image)
        box = _covered(box, self.side * self.patch / pixels.shape[-1])
        tokens = self.tokens(pixels[None].to(self.device))[0]
        return Encoding(tokens, PictureGrid(self.side, self.side, box), self.pool)

    def open(self, sample: Sample, encoding: Encoding) -> PerturbableInput:
        """See Tower."""
        assert sample.image is not None
        pixels, _ = pixel_values(self.processor, sample.image)
        return erasable(pixels.to(self.device), encoding.grid, self.patch, self.tokens)

    def tokens(self, pixels: Tensor) -> Tensor:
        """[B, 3, S, S] → the patches alone. [B, N, D]."""
        raise NotImplementedError

    def pool(self, tokens: Tensor) -> Tensor:
        """[B, N, D] → [B, E]."""
        raise NotImplementedError
