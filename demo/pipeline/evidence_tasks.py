"""What a pipeline knows of a sample before it answers: encodings, what is asked about, and evidence.

Pipeline is made of this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from demo.encodings import Encodings
from demo.errors import Message, UserError
from demo.fusion import Fusion
from demo.fusion.evidence import Evidence, evidence_of
from demo.fusion.heads.trained import TrainedFusion, own_evidence, readable
from demo.models.roles import Roles
from demo.predict import distinct
from demo.reading import Use
from demo.schema import Encoding, Modality, Sample
from demo.strategies import Strategies
from demo.world.concepts import MOOD_WORDS

if TYPE_CHECKING:
    from demo.pipeline import Pipeline


class EvidenceTasks:
    """with_moods: senses → who knows moods, and is asked where all labels are moods."""

    roles: Roles
    preset: str
    encodings: Encodings
    strategies: Strategies
    with_moods: Mapping[frozenset[Modality], Pipeline]

    @property
    def default_fusion(self) -> str:
        """The strategy that comes first for this preset."""
        return self.roles.facts.fusion

    @property
    def heads(self) -> Mapping[str, TrainedFusion]:
        """The trained strategies that come with this preset."""
        return self.strategies.heads

    def strategy(self, name: str | None) -> Fusion:
        """A strategy by name, see Strategies."""
        return self.strategies.named(name)

    def keep_head(self, key: str, head: TrainedFusion) -> str:
        """Remember somebody's own head, see Strategies."""
        return self.strategies.keep(key, head)

    def drop_head(self, name: str) -> None:
        """Forget somebody's own head."""
        self.strategies.drop(name)

    def known_labels(self, language: str = "en") -> list[str] | None:
        """Labels the model can know, or None when any word will do."""
        return self.roles.known_labels(language)

    def default_labels(self, sample: Sample, language: str = "en") -> list[str]:
        """What is asked about when nobody says: what the sample shows, where that can be said, else all that
        is known; but moods, which nobody is judged by unasked.

        Raises:
            UserError: neither can be said.
        """
        if self.roles.namer is not None:
            labels = self.roles.namer.names(self.encode(sample), language)
        elif self.roles.taggers:
            labels = [one.name for tags in self.encodings.tags(sample).values() for one in tags]
        else:
            labels = self.known_labels(language) or []
        if not labels:
            raise UserError("labels_needed")
        return [label for label in labels if label.casefold() not in MOOD_WORDS]

    def reader(self, sample: Sample) -> Pipeline:
        """Who reads such samples: itself, or one of the halves of a routed one."""
        return cast("Pipeline", self)

    def encode(self, sample: Sample, use: Use = "told") -> dict[Modality, Encoding]:
        """One encoding per modality that is present, each made once for the same content. use: what the
        sentence is for."""
        return self.encodings.of(sample, use)

    def evidence(
        self,
        sample: Sample,
        labels: Sequence[str] | None,
        fusion: Fusion | None = None,
        use: Use = "told",
        encodings: Mapping[Modality, Encoding] | None = None,
    ) -> tuple[Evidence, tuple[str, ...]]:
        """What strategies and methods are given, and the labels that are asked about: a head that brings
        labels of its own is asked about those. use: as in encode; encodings: what that
        gave, where it was asked already.

        Raises:
            UserError: an unknown label, or fewer than two different labels; as heads.trained.readable.
        """
        asked = self._asked_about(sample, labels)
        if asked is not self:
            return asked.evidence(sample, labels, fusion, use)
        if isinstance(fusion, TrainedFusion) and fusion.own:
            read = readable(fusion, encodings or self.encode(sample), self.preset)
            evidence = Evidence(read, {}, self.roles.joint_encoder)
            return own_evidence(fusion, evidence), fusion.labels
        kept, _ = self._distinct(labels, sample)
        return evidence_of(self.roles, encodings or self.encode(sample, use), kept), kept

    def _asked_about(self, sample: Sample, labels: Sequence[str] | None) -> Pipeline:
        """Who is asked about these labels of a sample: where all are moods, whoever knows moods."""
        whole = cast("Pipeline", self)
        return self.with_moods.get(self.roles.feeling(labels), whole) if labels else whole

    def _distinct(
        self, labels: Sequence[str] | None, sample: Sample
    ) -> tuple[tuple[str, ...], list[Message]]:
        """As predict.distinct; None: what is asked about when nobody says."""
        return distinct(self.roles, self.default_labels(sample) if labels is None else labels)
