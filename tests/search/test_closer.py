"""A closer look, by the real checkpoint: only pictures among the first 30 hits change places."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from demo.errors import UserError
from demo.evaluation.own_data.closer import Looks
from demo.opening import open_pipeline
from demo.pipeline import Pipeline
from demo.schema import Sample
from demo.search.closer import FIRST, Originals, closer_scores, needs_reranker, search_closer
from demo.search.engines import Exact
from demo.search.indexing import Indexed, Indexing
from demo.search.query import Found, Query, search
from demo.search.why import original
from demo.settings import Settings
from demo.ui.search.handlers import SearchHandlers
from tests.toy import toy_roles


@pytest.fixture(scope="module")
def real() -> Pipeline:
    return open_pipeline(Settings(preset="pocket", device="cpu")).halves()["real"]


@pytest.fixture(scope="module")
def examples(real: Pipeline) -> Indexed:
    work = Indexing(real, "examples")
    list(work.work())
    found = work.result()
    work.close()
    return found


@pytest.fixture(scope="module")
def originals() -> Originals:
    return Originals("examples")


def both(
    reader: Pipeline, examples: Indexed, query: Query, originals: Originals
) -> tuple[Found, Found]:
    """As found, and after a closer look."""
    index, engine = examples.index, Exact(examples.index)
    closer = search_closer(reader, index, engine, query, originals)
    return search(reader, index, engine, query), closer


@pytest.mark.parametrize("text", ["two dogs run through the grass", "草地上的一只奶牛"])
def test_only_pictures_among_the_first_change_places(
    real: Pipeline, examples: Indexed, originals: Originals, text: str
) -> None:
    before, after = both(real, examples, Query(Sample(text=text), count=40), originals)
    assert after.hits != before.hits and set(after.hits[:FIRST]) == set(before.hits[:FIRST])
    assert after.hits[FIRST:] == before.hits[FIRST:]
    assert [note.key for note in after.notes] == ["search_closer_done"]
    for old, new in zip(before.hits, after.hits, strict=True):
        assert old == new or {old.because[0].sense, new.because[0].sense} == {"image"}
    few = search_closer(
        real, examples.index, Exact(examples.index), Query(Sample(text=text), count=5), originals
    )
    assert few.hits == after.hits[:5]  # also when fewer are shown than are looked at


def test_a_likelihood_does_not_depend_on_what_else_is_looked_at(
    real: Pipeline, examples: Indexed, originals: Originals
) -> None:
    both(real, examples, Query(Sample(text="a dog")), originals)
    reranker = real.roles.reranker
    assert reranker is not None
    names = [item.name for item in examples.index.items]
    pictures = [held for name in names if (held := originals.kept.held(name)) is not None]
    pictures = [*pictures, pictures[0][:30]]  # one of another grid
    together = reranker.likelihoods("A dog on a beach.", pictures)
    alone = torch.cat([reranker.likelihoods("a dog on a beach", [one]) for one in pictures])
    assert len(pictures) > 8 and torch.allclose(together, alone, atol=1e-4)


def test_what_was_written_of_a_photo_fits_it_best(
    real: Pipeline, examples: Indexed, originals: Originals
) -> None:
    """Among the photos that a search for it looks at."""
    photo = original("examples", "dog.jpg")
    said = real.captions(photo, ["en"], maps=False)["en"].caption
    both(real, examples, Query(Sample(text=said)), originals)
    reranker = real.roles.reranker
    assert reranker is not None
    held = {item.name: originals.kept.held(item.name) for item in examples.index.items}
    looked = {name: one for name, one in held.items() if one is not None}
    scores = reranker.likelihoods(said, list(looked.values()))
    assert len(looked) > 8 and list(looked)[int(scores.argmax())] == "dog.jpg"


def test_other_questions_are_answered_as_before(
    real: Pipeline, examples: Indexed, originals: Originals
) -> None:
    picture = Sample(image=np.full((90, 120, 3), 90, np.uint8))
    for sample in (picture, dataclasses.replace(picture, text="a dog")):
        before, after = both(real, examples, Query(sample), originals)
        assert after.hits == before.hits and after.notes == before.notes


def test_what_cannot_be_looked_at_is_said(real: Pipeline, examples: Indexed) -> None:
    query = Query(Sample(text="a dog"))
    before, after = both(real, examples, query, Originals("/nowhere"))
    assert after.hits == before.hits and [n.key for n in after.notes] == ["search_original_gone"]
    without = Pipeline(
        dataclasses.replace(real.roles, reranker=None), real.preset, real.device, real.reading
    )
    before, after = both(without, examples, query, Originals("examples"))
    assert after.hits == before.hits and [n.key for n in after.notes] == ["search_closer_drawn"]


def test_a_preset_that_cannot_refuses_and_does_not_offer_it() -> None:
    toy = Pipeline(toy_roles(), "toy", torch.device("cpu"))
    with pytest.raises(UserError, match="cannot look closer"):
        needs_reranker(toy)
    assert not SearchHandlers(toy, Settings()).looks_closer


class _Liking:
    """Likes a picture by its one number."""

    def remembered(self, picture: object) -> Tensor:
        return torch.zeros(1)

    def likelihoods(self, text: str, pictures: list[Tensor]) -> Tensor:
        return torch.cat(pictures)

    def worth(self, text: str) -> float:
        return 0.5


def test_ranks_after_a_closer_look_by_hand(real: Pipeline) -> None:
    """Of 25 pictures in the order of their cosines the fifth is liked best; the 22nd is not looked at."""
    cosines = np.linspace(0.9, 0.1, 25)
    liked = [torch.tensor([2.0 if i == 4 else 0.0]) for i in range(25)]
    reader = Pipeline(
        dataclasses.replace(real.roles, reranker=_Liking()), "toy", real.device, real.reading
    )
    looks = Looks(wanted=True)
    looks.remember(reader, Sample(image=np.zeros((64, 64, 3), np.uint8)))
    looks.remembered = liked
    things, texts = cosines[:, None], np.ones((3, 1))
    owner = np.array([4, 0, 21])
    found = looks.measures(things, ["a", "b", "c"], texts, owner, "en", lambda _: None)
    assert [round(3 * one.value) for one in found] == [1, 2, 2]
    assert closer_scores(_Liking(), "", cosines[:5], liked[:5]).argmax() == 4
