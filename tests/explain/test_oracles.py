"""Where Captum implements the same method, it finds the same; and methods find what is known to matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation, IntegratedGradients
from torch import Tensor

from demo.evaluation.bench.maps import captum_grad_cam
from demo.explain import METHODS, maps_of
from demo.explain.faithfulness import ORDERS, judged, measure, ranked
from demo.explain.methods.chefer import Chefer, _normalised
from demo.explain.methods.integrated import STEPS, attributions, by_cell
from demo.explain.methods.occlusion import falls, windows
from demo.explain.methods.rise import masks
from demo.explain.methods.rollout import followed
from demo.explain.question import Question
from demo.explain.target import FusedLabel, GeneratedWord
from demo.fusion import FUSIONS
from demo.models.attention_layer import AttentionLayer
from demo.models.roles import Roles
from demo.pipeline import Pipeline
from demo.schema import Heatmap, PictureGrid, WordGrid
from tests.conftest import sample_with
from tests.explain.test_explain import question_of

TARGET = FusedLabel(FUSIONS["transformer"], 0, "dog")
SENSES = ("image", "audio", "text")


@pytest.fixture(scope="module")
def question(roles: Roles) -> Question:
    return question_of(roles, SENSES, TARGET)


@pytest.mark.parametrize("modality", SENSES)
def test_grad_cam_is_captums(question: Question, modality: str) -> None:
    """Captum's Grad-CAM at a layer whose output are this sense's tokens, channels first."""
    theirs = captum_grad_cam(question, modality).clamp(min=0)  # type: ignore[arg-type]
    ours = METHODS["gradcam"].relevance(question)[modality]  # type: ignore[index]
    torch.testing.assert_close(ours, theirs[0, 0].detach(), atol=1e-5, rtol=1e-3)


@pytest.mark.parametrize("modality", SENSES)
def test_occlusion_is_captums_ablation(question: Question, modality: str) -> None:
    """Captum's feature ablation with one feature per word; for grids, per window, one at a time."""
    perturbable = question.perturbable[modality]  # type: ignore[index]
    grid = question.evidence.encodings[modality].grid  # type: ignore[index]
    erased = windows(grid)
    theirs = torch.zeros(perturbable.cells)
    some = range(0, len(erased), max(1, len(erased) // 6))
    ours = torch.zeros(len(erased))
    scores = question.scores_erased(
        modality, torch.cat([torch.ones(1, perturbable.cells), 1 - erased])
    )  # type: ignore[arg-type]
    ours = scores[0] - scores[1:]
    for w in some:
        inside = torch.cat([erased[w], torch.zeros(1)])[perturbable.feature_mask] > 0
        shape = inside[:, None] if modality == "text" else inside[None]
        mask = shape.expand_as(perturbable.inputs).long()
        ablation = FeatureAblation(lambda x: question.scores_with(modality, x))  # type: ignore[arg-type]
        with torch.no_grad():
            found = ablation.attribute(
                perturbable.inputs[None],
                baselines=perturbable.baseline[None],
                feature_mask=mask[None],
            )[0]
        theirs_of_window = found[mask == 1].flatten()[0]
        torch.testing.assert_close(ours[w], theirs_of_window, atol=1e-4, rtol=1e-3)
    assert theirs.shape == falls(question, modality).shape  # type: ignore[arg-type]


@pytest.mark.parametrize("modality", ["image", "text"])
def test_integrated_gradients_add_up(question: Question, modality: str) -> None:
    """Completeness (Sundararajan et al. 2017, proposition 1), and the same as Captum step for step."""
    perturbable = question.perturbable[modality]  # type: ignore[index]
    found = attributions(question, modality, steps=40)  # type: ignore[arg-type]
    both = torch.stack([torch.ones(perturbable.cells), torch.zeros(perturbable.cells)])
    given, nothing = question.scores_erased(modality, both).tolist()  # type: ignore[arg-type]
    assert float(found.sum()) == pytest.approx(
        given - nothing, abs=0.1 * abs(given - nothing) + 0.05
    )
    cells = by_cell(found, perturbable)
    assert float(cells.sum()) == pytest.approx(float(found.sum()), abs=1e-3)
    captum = IntegratedGradients(lambda x: question.scores_with(modality, x))  # type: ignore[arg-type]
    with torch.enable_grad():
        theirs = captum.attribute(
            perturbable.inputs[None], baselines=perturbable.baseline[None], n_steps=STEPS
        )
    ours = METHODS["integrated"].relevance(question)[modality]  # type: ignore[index]
    torch.testing.assert_close(
        ours, by_cell(theirs[0].detach(), perturbable).float(), atol=1e-4, rtol=1e-3
    )


def test_rollout_is_the_product_of_matrices() -> None:
    chance = torch.Generator().manual_seed(1)
    layers = [
        AttentionLayer(*torch.randn(4, 1, 2, 5, 8, generator=chance).unbind(0)) for _ in range(3)
    ]
    product = torch.eye(5)
    for layer in layers:
        product = (0.5 * layer.weights().mean(0) + 0.5 * torch.eye(5)) @ product
    torch.testing.assert_close(followed(torch.eye(5)[0], layers), product[0])


def test_chefers_row_is_the_row_of_the_whole(question: Question) -> None:
    """Carrying only the readout's row gives row 0 of R ← R + Ā R carried as a matrix (eq. 6)."""
    from demo.explain.matrices import output_gradients
    from demo.explain.methods.chefer import weighted

    with torch.enable_grad():
        score = question.score()
    reading = question.readings[0]
    gradients = output_gradients(score, reading.layers)
    whole = torch.eye(reading.layers[0].k.shape[2])
    for layer, gradient in zip(reading.layers, gradients, strict=True):
        whole = whole + weighted(layer, gradient) @ whole
    ours = question.by_modality([whole[0]])
    found = Chefer().relevance(question)
    for m, row in found.items():
        torch.testing.assert_close(row, ours[m], atol=1e-6, rtol=1e-4)


def test_normalised_relevance_has_rows_of_one_plus_identity() -> None:
    relevance = torch.eye(3) + torch.tensor([[0.0, 2.0, 2.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    expected = torch.tensor([[1.0, 0.5, 0.5], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0]])
    torch.testing.assert_close(_normalised(relevance), expected)


def test_rise_masks_keep_half() -> None:
    for grid in (PictureGrid(8, 8), WordGrid(((0, 1), (2, 3), (4, 5)))):
        found = masks(grid)
        assert found.shape[1] == grid.rows * grid.cols
        assert 0.45 < float(found.mean()) < 0.55
        assert torch.equal(found, masks(grid))  # the same question gets the same map


class OneCell:
    """A score that hangs on one cell of a picture alone: what matters is known."""

    def __init__(self, cells: int, matters: int) -> None:
        self.chance: dict = {}
        self.cells, self.matters = cells, matters

    def scores_erased(self, modality: str, kept: Tensor) -> Tensor:
        return (0.1 + 0.8 * kept[:, self.matters].float()).log()


def heat(values: np.ndarray, flat: bool = False) -> Heatmap:
    side = int(len(values) ** 0.5)
    grid = PictureGrid(side, side)
    return Heatmap("image", values.reshape(side, side), grid, "m", "t", flat)


def test_faithfulness_knows_right_from_wrong() -> None:
    right, wrong = np.zeros(16, np.float32), np.ones(16, np.float32)
    right[5], wrong[5] = 1.0, 0.0
    asked = OneCell(16, matters=5)
    good, bad = measure(asked, heat(right)), measure(asked, heat(wrong))  # type: ignore[arg-type]
    assert good.verdict == "yes"
    assert bad.verdict == "no"
    assert good.beaten == pytest.approx(1 - bad.beaten)
    assert good.deletion < good.chance < good.insertion
    assert good.swing == pytest.approx(0.8, abs=1e-5)
    assert good.chance == pytest.approx(
        0.5, abs=1e-5
    )  # an order and its reverse make up for each other
    assert good.deletion_curve[0] == pytest.approx(0.9) and good.deletion_curve[
        -1
    ] == pytest.approx(0.1)
    assert good.insertion_curve[0] == pytest.approx(0.1) and good.insertion_curve[
        -1
    ] == pytest.approx(0.9)
    assert good.orders == ORDERS >= 20


def test_ties_are_ranked_by_chance_and_everything_else_by_what_it_is_worth() -> None:
    tied = np.array([0.0, 1, 0, 1, 0, 1, 0, 1, 0, 1] * 4, np.float32)
    orders = {seed: ranked(tied, seed) for seed in range(6)}
    for seed, order in orders.items():
        assert sorted(order) == list(range(40)) and (np.diff(tied[order]) <= 0).all()
        assert np.array_equal(order, ranked(tied, seed))
        assert (np.diff(order[:20]) < 0).any() and (np.diff(order[20:]) < 0).any()
    assert len({tuple(order) for order in orders.values()}) == 6
    assert ranked(np.array([0.2, 0.9, 0.5])).tolist() == [1, 2, 0]


def test_faithfulness_of_what_cannot_be_ranked() -> None:
    values = np.linspace(0, 1, 16, dtype=np.float32)

    class Unmoved(OneCell):
        def scores_erased(self, modality: str, kept: Tensor) -> Tensor:
            return torch.full((len(kept),), 0.5).log()

    assert measure(Unmoved(16, 0), heat(values)).verdict == "not measurable"  # type: ignore[arg-type]
    flat = heat(np.zeros(16, np.float32), flat=True)
    assert measure(OneCell(16, 3), flat).verdict == "not measurable"  # type: ignore[arg-type]


def test_where_the_others_carry_the_answer_a_sense_is_asked_alone() -> None:
    class Beside(OneCell):
        """The others say the same; without them all hangs on one cell."""

        def __init__(self, matters: int, rises: bool = False) -> None:
            super().__init__(16, matters)
            self.rises = rises

        def scores_erased(self, modality: str, kept: Tensor) -> Tensor:
            part = 0.3 * (~kept.bool()).float().mean(1) if self.rises else torch.zeros(len(kept))
            return (0.6 + part).log()

        def alone(self, modality: str) -> OneCell:
            return OneCell(self.cells, self.matters)

    right = np.zeros(16, np.float32)
    right[5] = 1
    for matters, verdict in ((5, "yes"), (6, "no")):
        found = judged(Beside(matters), heat(right + 1e-3 * np.arange(16)))  # type: ignore[arg-type]
        assert found.verdict == "not measurable" and found.alone
        assert found.alone.verdict == verdict
    speaks_against = judged(Beside(5, rises=True), heat(right))  # type: ignore[arg-type]
    assert speaks_against.swing < -0.2 and speaks_against.alone is None
    flat = heat(np.zeros(16, np.float32), flat=True)
    assert judged(Beside(5), flat).alone is None  # type: ignore[arg-type]


def test_random_maps_are_rarely_called_better() -> None:
    """At the promised rate: by chance, one map in seven beats nine in ten orders."""
    rng = np.random.default_rng(0)
    weights = torch.from_numpy(rng.dirichlet(np.ones(25), 1)[0]).float()

    class Weighted(OneCell):
        def scores_erased(self, modality: str, kept: Tensor) -> Tensor:
            return (0.1 + 0.8 * kept.float() @ weights).log()

    found = [
        measure(Weighted(25, 0), heat(rng.random(25).astype(np.float32)), seed=i).verdict  # type: ignore[arg-type]
        for i in range(200)
    ]
    assert 14 < found.count("yes") < 41  # of 200; 27 are expected


def test_word_maps_of_a_word_add_to_its_score(talking: Pipeline) -> None:
    """The score of a written word is the log-probability that its writer gives it."""
    roles = talking.roles
    assert roles.generator is not None
    sample = sample_with(("image",))
    encodings = roles.encode([sample])[0]
    generation = roles.generator.write("caption", "en", list(encodings.values()))
    tokens = encodings["image"].tokens
    expected = roles.generator.word_scores(generation, tokens)
    for i in range(len(generation.words)):
        question = question_of(roles, ("image",), GeneratedWord(roles.generator, generation, i))
        torch.testing.assert_close(question.score().detach(), expected[i], atol=1e-4, rtol=1e-4)
        again = roles.generator.word_score(generation, i, tokens.expand(2, -1, -1))
        torch.testing.assert_close(again, expected[i].expand(2), atol=1e-4, rtol=1e-4)
        maps = maps_of(question, METHODS["chefer"], measured=True)
        assert maps["image"].faithfulness is not None
