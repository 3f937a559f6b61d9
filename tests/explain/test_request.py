"""What is asked for in one word becomes a request, or one sentence saying that it is none."""

from __future__ import annotations

import pytest

from demo.errors import UserError
from demo.explain.request import MODALITIES_OF, ExplainRequest, request_of
from demo.schema import MODALITIES


@pytest.mark.parametrize(
    "said,expected",
    [
        ("", ExplainRequest(label="dog")),
        ("fused", ExplainRequest(label="dog")),
        ("image", ExplainRequest("modality", "dog", ("image",))),
        ("text", ExplainRequest("modality", "dog", ("text",))),
    ],
)
def test_what_can_be_asked_of_a_label(said: str, expected: ExplainRequest) -> None:
    assert request_of(said, "dog", language="zh", written_in="en") == expected


@pytest.mark.parametrize(
    "said,expected",
    [
        ("image~text", ExplainRequest("agreement", modalities=("image", "text"))),
        ("text~audio", ExplainRequest("agreement", modalities=("audio", "text"))),
        ("caption:1", ExplainRequest("word", task="caption", language="zh", word=0)),
        ("caption:12", ExplainRequest("word", task="caption", language="zh", word=11)),
        ("answer:3", ExplainRequest("word", task="answer", language="en", word=2)),
        (
            "transcribe:999999",
            ExplainRequest("word", task="transcribe", language="en", word=999998),
        ),
    ],
)
def test_what_is_about_no_label(said: str, expected: ExplainRequest) -> None:
    """A label beside it is never dropped in silence."""
    assert request_of(said, language="zh", written_in="en") == expected
    with pytest.raises(UserError) as caught:
        request_of(said, "dog")
    assert caught.value.message.key == "look_label_unused"


@pytest.mark.parametrize(
    "said",
    [
        *("dog", "image~", "~", "image~image", "image~text~audio", "image~dog", "Image"),
        *("caption", "caption:", "caption:0", "caption:01", "caption:-1", "caption:1000000"),
        *("caption:x", "predict:1", "caption:1 ", "image:1"),
    ],
)
def test_what_cannot(said: str) -> None:
    with pytest.raises(UserError) as caught:
        request_of(said)
    assert caught.value.message.key == "look_aim_unknown"
    assert caught.value.message.values == {"said": said}


def test_what_is_read_for_each_task_are_modalities() -> None:
    """A caption is of what is seen and heard, a transcript of what is heard, a translation needs no sound."""
    assert {m for read in MODALITIES_OF.values() for m in read} == {*MODALITIES}
    assert MODALITIES_OF["caption"] == ("image", "audio") and MODALITIES_OF["transcribe"] == (
        "audio",
    )
    assert "audio" not in MODALITIES_OF["translate"]
