"""Every trained strategy keeps one contract, and computes what its paper's equation says."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from demo.errors import UserError
from demo.explain import METHODS, explain, supports
from demo.explain.target import FusedLabel
from demo.fusion.evidence import evidence_of
from demo.fusion.heads import HEADS, head_named
from demo.fusion.heads.cross_modal import CrossLayer
from demo.fusion.heads.head import FusionHead
from demo.fusion.heads.low_rank import NARROW, RANK
from demo.fusion.heads.senses import MISSING, MOST_TOKENS, HeadShape, SenseBatch, few
from demo.fusion.heads.trained import TrainedFusion, own_evidence, readable
from demo.fusion.shapley import shapley_values
from demo.models.roles import Roles
from demo.schema import Encoding, PictureGrid
from tests.conftest import LABELS, SENSES, sample_with
from tests.toy import toy_roles

SHAPE = HeadShape({"image": 12, "audio": 7, "text": 9}, {"image": 10, "audio": 8, "text": 9}, 4, 16)


def batch(count: int = 5, tokens: int = 3, seed: int = 0) -> SenseBatch:
    chance = torch.Generator().manual_seed(seed)

    def some(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=chance)

    return SenseBatch(
        {m: some(count, d) for m, d in SHAPE.vectors.items()},
        {m: some(count, tokens, d) for m, d in SHAPE.tokens.items()},
        {m: torch.ones(count, tokens, dtype=torch.bool) for m in SENSES},
        torch.ones(count, 3, dtype=torch.bool),
    )


def without(given: SenseBatch, *senses: str) -> SenseBatch:
    gone = torch.tensor([m in senses for m in SENSES])
    return replace(given, present=given.present & ~gone)


def made(name: str, missing: str = "mask") -> FusionHead:
    return head_named(name, SHAPE, missing, seed=3).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HEADS)
class TestContract:
    @pytest.mark.parametrize("missing", MISSING)
    def test_gives_a_logit_for_each_label(self, name: str, missing: str) -> None:
        head = made(name, missing)
        head.senses.fit(batch())
        for gone in ((), ("image",), ("audio", "text")):
            logits = head(without(batch(), *gone))
            assert logits.shape == (5, 4) and torch.isfinite(logits).all()

    def test_what_is_masked_does_not_matter(self, name: str) -> None:
        head, given = made(name), without(batch(), "audio")
        other = replace(
            given,
            vectors={**given.vectors, "audio": 99 * given.vectors["audio"]},
            tokens={**given.tokens, "audio": given.tokens["audio"] - 7},
        )
        torch.testing.assert_close(head(given), head(other))

    def test_padding_does_not_matter(self, name: str) -> None:
        given = batch()
        padded = replace(
            given,
            tokens={m: F.pad(t, (0, 0, 0, 2), value=5.0) for m, t in given.tokens.items()},
            real={m: F.pad(r, (0, 2), value=False) for m, r in given.real.items()},
        )
        head = made(name)
        torch.testing.assert_close(head(given), head(padded))

    def test_weights_are_parts_of_one(self, name: str) -> None:
        weights = made(name).weights(without(batch(), "text"))
        if weights is not None:
            torch.testing.assert_close(weights.sum(-1), torch.ones(5))
            assert (weights >= 0).all() and (weights[:, 2] == 0).all()

    def test_every_number_is_learned(self, name: str) -> None:
        head = made(name)
        head(batch()).square().sum().backward()
        unlearned = [n for n, p in head.named_parameters() if p.grad is None]
        assert unlearned in ([], ["nothing"])
        assert head.parameter_count == sum(p.numel() for p in head.parameters())

    def test_the_same_seed_begins_with_the_same_weights(self, name: str) -> None:
        one, same = head_named(name, SHAPE, seed=1), head_named(name, SHAPE, seed=1)
        other = head_named(name, SHAPE, seed=2)
        torch.testing.assert_close(one(batch()), same(batch()))
        assert not torch.allclose(one(batch()), other(batch()))

    def test_can_tell_which_of_two_senses_decides(self, name: str) -> None:
        """It learns a rule that a mean of opinions cannot follow: the third sense says whom to believe."""
        chance = torch.Generator().manual_seed(1)
        given = batch(256)
        picture, sound, who = (torch.randint(2, (256,), generator=chance) for _ in range(3))
        for m, said in zip(SENSES, (picture, sound, who), strict=True):
            given.vectors[m][:, 0] = 3.0 * (2 * said - 1)
        truth = torch.where(who == 0, picture, sound)
        shape = replace(SHAPE, outputs=2)
        head = head_named(name, shape, seed=0)
        head.senses.fit(given)
        tuned = torch.optim.Adam(head.parameters(), 0.01)
        for _ in range(150):
            tuned.zero_grad()
            said = head(given)
            if (said.argmax(-1) == truth).float().mean() > 0.95:
                break
            F.cross_entropy(said, truth).backward()
            tuned.step()
        assert (head(given).argmax(-1) == truth).float().mean() > 0.9


def linear(layer: nn.Linear, x: Tensor) -> Tensor:
    return torch.einsum("...i,oi->...o", x, layer.weight) + layer.bias


def projected(head: FusionHead, given: SenseBatch, part: str = "project") -> Tensor:
    maps = getattr(head, part).maps
    return torch.stack([linear(maps[m], given.vectors[m]) for m in SENSES], 1)


def side_by_side(given: SenseBatch) -> Tensor:
    return torch.cat([given.vectors[m] for m in SENSES], 1)


def gelu(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.erf(x / 2**0.5))


class TestParity:
    """Equations written out for the same weights."""

    def test_concat(self) -> None:
        head, given = made("concat"), batch()
        expected = linear(head.out, gelu(linear(head.hidden, side_by_side(given))))
        torch.testing.assert_close(head(given), expected)

    def test_weighted_sum(self) -> None:
        head, given = made("weighted_sum"), batch()
        with torch.no_grad():
            head.scores.copy_(torch.tensor([0.0, 1.0, -2.0]))
        w = head.scores.exp() / head.scores.exp().sum()
        expected = linear(head.out, gelu(torch.einsum("m,bmd->bd", w, projected(head, given))))
        torch.testing.assert_close(head(given), expected)
        alone = without(given, "audio", "text")
        torch.testing.assert_close(head.weights(alone), torch.tensor([[1.0, 0, 0]] * 5))

    @pytest.mark.parametrize("name", ["max_pool", "mean_pool"])
    def test_pools(self, name: str) -> None:
        head, given = made(name), batch()
        states = gelu(projected(head, given))
        pooled = states.amax(1) if name == "max_pool" else states.sum(1) / 3
        torch.testing.assert_close(head(given), linear(head.out, pooled))

    def test_gated(self) -> None:
        """Arevalo et al. 2017: h = Σ σ(Uₘ x) ⊙ tanh(Wₘ xₘ)."""
        head, given = made("gated"), batch()
        gates = torch.stack(
            [torch.sigmoid(linear(head.gates.maps[m], side_by_side(given))) for m in SENSES], 1
        )
        h = torch.einsum("bmd,bmd->bd", gates, torch.tanh(projected(head, given)))
        torch.testing.assert_close(head(given), linear(head.out, h))

    def test_attention(self) -> None:
        """softmax(Q Kᵀ / √d) V by hand, and the same module of torch's."""
        head, given = made("attention"), batch()
        states = projected(head, given)
        mine = written_attention(head.attend, head.query.expand(5, 1, -1), states)
        torch.testing.assert_close(head(given), linear(head.out, mine[:, 0]))
        theirs = nn.MultiheadAttention(16, 4, batch_first=True)
        theirs.load_state_dict(head.attend.state_dict())
        read, weights = theirs(head.query.expand(5, 1, -1), states, states)
        torch.testing.assert_close(head(given), linear(head.out, read[:, 0]))
        torch.testing.assert_close(head.weights(given), weights[:, 0])

    def test_token_attention(self) -> None:
        head, given = made("token_attention"), batch()
        rows = []
        for i, m in enumerate(SENSES):
            first = linear(head.rows.vectors.maps[m], given.vectors[m])[:, None]
            rest = linear(head.rows.tokens[m], given.tokens[m])
            rows.append(torch.cat([first, rest], 1) + head.rows.kind[i])
        mine = written_attention(head.attend, head.query.expand(5, 1, -1), torch.cat(rows, 1))
        torch.testing.assert_close(head(given), linear(head.out, mine[:, 0]))

    def test_bi_tower(self) -> None:
        head, given = made("bi_tower"), batch()
        t = dict(zip(SENSES, gelu(projected(head, given, "towers")).unbind(1), strict=True))
        after = []
        for m in SENSES:
            others = [linear(head.told.maps[n], t[n]) for n in SENSES if n != m]
            r = sum(others) / 2
            after.append(t[m] + linear(head.gates.maps[m], torch.cat([t[m], r], 1)).sigmoid() * r)
        stacked = torch.stack(after, 1)
        alpha = torch.einsum("bmd,d->bm", stacked, head.score.weight[0]).softmax(-1)
        expected = linear(head.out, torch.einsum("bm,bmd->bd", alpha, stacked))
        torch.testing.assert_close(head(given), expected)

    def test_low_rank_begins_near_one(self) -> None:
        """Where no sense says anything, the product of all of them is about 1: none silences the others."""
        head = made("low_rank")
        products = head.product(torch.zeros(1, 3, NARROW), torch.ones(1, 3, dtype=torch.bool))  # type: ignore[operator]
        assert products.mean().item() == pytest.approx(1, abs=0.1)

    def test_low_rank(self) -> None:
        """Liu et al. 2018, eqs. 3 and 4: the whole weight tensor times the outer product of all senses."""
        head, given = made("low_rank"), batch()
        z = F.pad(torch.tanh(projected(head, given)), (0, 1), value=1.0)
        f = head.factors
        assert f.shape == (3, RANK, NARROW + 1, 16)
        whole = torch.einsum("rid,rjd,rkd->ijkd", f[0], f[1], f[2])
        outer = torch.einsum("bi,bj,bk->bijk", *z.unbind(1))
        h = torch.einsum("bijk,ijkd->bd", outer, whole)
        torch.testing.assert_close(head(given), linear(head.out, h), atol=1e-5, rtol=1e-4)

    def test_hybrid(self) -> None:
        head, given = made("hybrid"), batch()
        early = linear(head.out, gelu(linear(head.hidden, side_by_side(given))))
        late = projected(head, given, "late").mean(1)  # equal weights before training
        torch.testing.assert_close(head(given), early + late)

    def test_cross_layer_of_a_sense_with_itself_is_a_transformer_layer(self) -> None:
        layer = CrossLayer(16)
        theirs = nn.TransformerEncoderLayer(
            16, 4, 32, dropout=0.0, batch_first=True, norm_first=True
        )
        layer.norm_source.load_state_dict(layer.norm_target.state_dict())
        theirs.self_attn.load_state_dict(layer.attend.state_dict())
        pairs = {"norm1": "norm_target", "norm2": "norm", "linear1": "wide", "linear2": "narrow"}
        for their, mine in pairs.items():
            getattr(theirs, their).load_state_dict(getattr(layer, mine).state_dict())
        x, real = torch.randn(2, 6, 16), torch.ones(2, 6, dtype=torch.bool)
        real[1, 4:] = False
        torch.testing.assert_close(
            layer(x, x, real), theirs(x, src_key_padding_mask=~real), atol=1e-5, rtol=1e-4
        )

    def test_cross_layer_against_written_attention(self) -> None:
        layer, target, source = CrossLayer(16), torch.randn(2, 3, 16), torch.randn(2, 5, 16)
        read = written_attention(layer.attend, layer.norm_target(target), layer.norm_source(source))
        mixed = read + target
        expected = linear(layer.narrow, linear(layer.wide, layer.norm(mixed)).clamp(min=0)) + mixed
        found = layer(target, source, torch.ones(2, 5, dtype=torch.bool))
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def written_attention(module: nn.MultiheadAttention, query: Tensor, keys: Tensor) -> Tensor:
    """Vaswani et al. 2017, eq. 1 for each head, heads side by side, then the output map."""
    wq, wk, wv = module.in_proj_weight.chunk(3)
    bq, bk, bv = module.in_proj_bias.chunk(3)
    q, k, v = query @ wq.T + bq, keys @ wk.T + bk, keys @ wv.T + bv
    q, k, v = (x.unflatten(-1, (module.num_heads, -1)) for x in (q, k, v))
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) / q.shape[-1] ** 0.5
    return linear(
        module.out_proj, torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), v).flatten(2)
    )


class TestMissing:
    def test_the_mean_stands_for_what_is_missing(self) -> None:
        head, given = made("concat", "mean"), batch()
        head.senses.fit(given)
        mean = {**given.vectors, "audio": given.vectors["audio"].mean(0).expand(5, -1)}
        torch.testing.assert_close(
            head(without(given, "audio")), head(replace(given, vectors=mean)), atol=1e-5, rtol=1e-4
        )

    def test_what_the_others_foretell_stands_for_what_is_missing(self) -> None:
        """The sound is a linear map of the picture: the regression must find it back."""
        given = batch(400)
        linked = given.vectors["image"] @ torch.randn(
            12, 7, generator=torch.Generator().manual_seed(5)
        )
        given = replace(given, vectors={**given.vectors, "audio": linked})
        head = made("concat", "predict")
        head.senses.fit(given)
        whole = head.senses(given).vectors["audio"]
        found = head.senses(without(given, "audio")).vectors["audio"]
        assert (whole - found).square().mean() < 0.1 * whole.square().mean()
        ridge = (whole - found).square().mean()
        head.senses._fit_regressions(given, ridge=1e-6)
        again = head.senses(without(given, "audio")).vectors["audio"]
        assert (whole - again).square().mean() < ridge and (whole - again).abs().max() < 1e-3


def test_many_tokens_become_few() -> None:
    tokens = torch.arange(48.0)[None, :, None].expand(2, -1, 3)
    assert few(tokens).shape == (2, MOST_TOKENS, 3)
    assert few(tokens)[0, 0, 0] == pytest.approx(1.5)  # the mean of 0, 1, 2, 3
    assert few(tokens[:, :5]) is not None and few(tokens[:, :5]).shape == (2, 5, 3)


def test_an_unknown_head_is_refused() -> None:
    with pytest.raises(UserError) as refused:
        head_named("magic", SHAPE)
    assert "gated" in str(refused.value)


def fusion_for(roles: Roles, name: str, labels: tuple[str, ...], own: bool) -> TrainedFusion:
    encodings = roles.encode([sample_with(SENSES)])[0]
    evidence = evidence_of(roles, encodings, LABELS)
    shape = HeadShape(
        {m: len(evidence.vector((m,))) for m in SENSES},
        {m: e.tokens.shape[-1] for m, e in encodings.items()},
        len(labels),
        32,
    )
    return TrainedFusion(name, head_named(name, shape).eval(), labels, "pocket", own)


@pytest.mark.parametrize("name", HEADS)
def test_a_trained_head_fuses_evidence(roles: Roles, name: str) -> None:
    """A distribution for every coalition, the same whichever order labels are asked in; shares add up."""
    keys = tuple(roles.canonical(label) for label in (*LABELS, "bird"))
    fusion = fusion_for(roles, name, keys, own=False)
    for subset in (("audio",), ("image", "text"), SENSES):
        encodings = roles.encode([sample_with(subset)])[0]
        evidence = evidence_of(roles, encodings, LABELS)
        assert fusion.supports(evidence)
        log_p = fusion(evidence, subset)
        assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-5) and log_p.shape == (4,)
        turned = evidence_of(roles, encodings, LABELS[::-1])
        torch.testing.assert_close(fusion(turned, subset).flip(0), log_p, atol=1e-5, rtol=1e-4)
        values = shapley_values(fusion, evidence, 2)
        assert sum(values.values()) == pytest.approx(log_p[2].exp().item() - 0.25, abs=1e-5)
        weights = fusion.weights(evidence)
        assert not weights or sum(weights.values()) == pytest.approx(1, abs=1e-5)
    assert not fusion.supports(evidence_of(roles, encodings, ("dog", "violin")))


SLOW = pytest.param("rise", marks=pytest.mark.slow)  # thousands of readings


@pytest.mark.parametrize("name", ["concat", "cross_modal"])
@pytest.mark.parametrize("method", [SLOW if m == "rise" else m for m in METHODS])
def test_every_method_explains_a_trained_head(roles: Roles, name: str, method: str) -> None:
    fusion = fusion_for(roles, name, ("mug", "my other mug", "nothing"), own=True)
    sample = sample_with(SENSES)
    encodings = roles.encode([sample])[0]
    evidence = own_evidence(fusion, evidence_of(roles, encodings, LABELS))
    opened = roles.perturber.perturbable(sample, encodings) if roles.perturber else None
    target = FusedLabel(fusion, 1, "my other mug")
    assert supports(METHODS[method], evidence, target, opened)
    maps = explain(evidence, target, METHODS[method], opened)
    assert set(maps) == set(SENSES)
    assert all(m.flat or m.values.max() == pytest.approx(1) for m in maps.values())


def test_a_head_on_separate_encoders() -> None:
    """Spaces of different widths, no joint transformer."""
    roles = toy_roles()
    fusion = fusion_for(roles, "low_rank", ("a", "b"), own=True)
    sample = sample_with(("image", "audio"))
    encodings = roles.encode([sample])[0]
    evidence = own_evidence(fusion, evidence_of(roles, encodings, LABELS))
    assert fusion(evidence, ("image",)).exp().sum().item() == pytest.approx(1, abs=1e-5)
    assert evidence.count == 2
    torch.testing.assert_close(
        evidence.belief(("image", "audio")), fusion(evidence, ("image", "audio"))
    )
    opened = roles.perturber.perturbable(sample, encodings) if roles.perturber else None
    maps = explain(evidence, FusedLabel(fusion, 0, "a"), METHODS["occlusion"], opened)
    assert set(maps) == {"image", "audio"}


@pytest.mark.parametrize("name", HEADS)
def test_what_is_missing_is_masked_unless_another_way_is_chosen(name: str) -> None:
    assert HEADS[name](SHAPE).senses.missing == "mask"
    assert [HEADS[name](SHAPE, way).senses.missing for way in MISSING] == list(MISSING)


def test_some_of_the_senses_in_the_order_asked_for() -> None:
    given = without(batch(), "audio")
    some = given.only(("text", "audio"))
    assert list(some.vectors) == list(some.tokens) == list(some.real) == ["text", "audio"]
    assert some.present.tolist() == [[True, False]] * 5
    assert some.vectors["text"] is given.vectors["text"]


def test_a_missing_sense_is_predicted_by_ridge_regression() -> None:
    """(XᵀX + λN I)⁻¹ XᵀY with λ = 0.05, by scikit-learn's, whose penalty is λN."""
    from sklearn.linear_model import Ridge

    head, given = made("concat", "predict"), batch(40)
    head.senses.fit(given)
    standard = head.senses._standard(given)
    others = torch.cat([standard.vectors["image"], standard.vectors["text"]], -1)
    ridge = Ridge(alpha=0.05 * 40, fit_intercept=False).fit(others, standard.vectors["audio"])
    found = head.senses.audio_from_others
    torch.testing.assert_close(found, torch.tensor(ridge.coef_.T).float(), atol=1e-4, rtol=1e-3)


def test_layers_that_cross_say_how_much_each_sense_weighed() -> None:
    head, given = made("cross_modal"), batch()
    head.senses.fit(given)
    weights = head.weights(without(given, "audio"))
    assert weights is not None
    torch.testing.assert_close(weights.sum(-1), torch.ones(5))
    assert not weights[:, 1].any()


def test_a_head_reads_the_numbers_that_it_was_taught_and_no_others() -> None:
    """Of its senses alone, by its own encoder, as wide as then: however many tokens there are."""
    head = TrainedFusion("mean_pool", head_named("mean_pool", SHAPE), LABELS, "toy")
    image, text = (
        Encoding(torch.zeros(7, SHAPE.tokens[m]), PictureGrid(1, 7), lambda t: t.mean(1))
        for m in ("image", "text")
    )
    assert set(readable(head, {"image": image, "text": text}, "toy")) == {"image", "text"}
    narrow = replace(image, tokens=torch.zeros(SHAPE.tokens["image"], 7))
    for given, preset in (({"image": narrow}, "toy"), ({"image": image}, "other")):
        with pytest.raises(UserError) as caught:
            readable(head, given, preset)  # type: ignore[arg-type]
        assert caught.value.message.key == "head_other_encoder"
    with pytest.raises(UserError) as caught:
        readable(head, {}, "toy")
    assert caught.value.message.key == "head_other_senses"
