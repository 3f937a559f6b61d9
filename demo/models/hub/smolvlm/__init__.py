"""SmolVLM (Marafioti et al. 2025): says what a picture shows, and answers questions about it, in English.

One decoder reads the prompt (picture, then words) and writes on.
"""

from __future__ import annotations

from typing import Any

from demo.models.generator import Task
from demo.models.hub.opened import Family, Opened
from demo.models.hub.recorder import RECORDED
from demo.models.hub.smolvlm.inputs import SmolPictures, SmolQuestions
from demo.models.hub.smolvlm.prompt import DESCRIBE, Prompt
from demo.models.hub.smolvlm.writer import SmolReader, SmolWriter
from demo.models.hub.tower import TowerPerturber
from demo.models.roles import Roles
from demo.schema import Modality


def _writing(opened: Opened, prompt: Prompt, task: Task) -> Roles:
    towers: dict[Modality, Any] = {
        "image": SmolPictures(opened, prompt, DESCRIBE if task == "caption" else "")
    }
    if task == "answer":
        towers["text"] = SmolQuestions(opened, prompt)
    writer = SmolWriter(opened, prompt, task)
    return Roles(
        encoders=towers,
        joint_encoder=SmolReader(writer.attention),
        generator=writer,
        perturber=TowerPerturber(towers),
    )


def roles(opened: Opened) -> Roles:
    """Captions of pictures, and answers about them."""
    prompt = Prompt(opened)
    tasks: tuple[Task, ...] = ("caption", "answer")
    return Roles({}, writers={task: _writing(opened, prompt, task) for task in tasks})


FAMILY = Family(
    ("smolvlm",),
    "SmolVLMForConditionalGeneration",
    roles,
    pictures="SmolVLMImageProcessorPil",
    attention={"text_config": RECORDED, "vision_config": "sdpa"},
    halves=True,
)
