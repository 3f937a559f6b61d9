"""What the decoder is taught to say of real pictures and sounds; scenes have world/language/grammar.py."""

from __future__ import annotations

from demo.world.concepts import CONCEPTS
from demo.world.language.grammar import heard, listing
from demo.world.scenes import Scene

UNKNOWN = {"en": "something i do not know", "zh": "我不认识的东西"}


def photo_caption(concept: int, language: str) -> str:
    """“a photo of a dog”."""
    thing = CONCEPTS[concept]
    return f"a photo of {thing.singular}" if language == "en" else f"一张{thing.noun_zh}的照片"


def digit_caption(concept: int, language: str) -> str:
    """“a handwritten seven”."""
    thing = CONCEPTS[concept]
    return f"a handwritten {thing.noun}" if language == "en" else f"手写的{thing.noun_zh}"


def voice_caption(concept: int, language: str) -> str:
    """“a voice saying dog”."""
    thing = CONCEPTS[concept]
    return f"a voice saying {thing.noun}" if language == "en" else f"有人说{thing.noun_zh}"


def speech_caption(scene: Scene, language: str) -> str:
    """Of a sentence about a scene: “a voice saying two owls and a drum”."""
    things = listing(scene, language)
    return f"a voice saying {things}" if language == "en" else f"有人说{things}"


def sound_caption(concept: int, language: str) -> str:
    """“the sound of rain”."""
    said = heard(concept, language)
    return f"the sound of {said}" if language == "en" else f"{said.removesuffix('声')}的声音"


def unknown_caption(_: object, language: str) -> str:
    """What is said of whatever the model was never taught."""
    return UNKNOWN[language]
