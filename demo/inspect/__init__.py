"""Looking into an answer: maps of any target by any method, each with its faithfulness; what happens when
a part is erased; and what attends to what.

Knows roles, methods and targets by their contracts only. Pipeline is the front door.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from demo.errors import UserError
from demo.explain.explorer import Explorer
from demo.explain.question import Question
from demo.explain.request import ExplainRequest
from demo.fusion import Fusion
from demo.fusion.evidence import Evidence
from demo.generate import TextGeneration
from demo.inspect.inspection import Inspection
from demo.inspect.targets import Targets
from demo.models.perturber import PerturbableInput
from demo.models.roles import Roles
from demo.recent import Recent
from demo.schema import Encoding, Modality, Sample


class Inspector:
    """Explanations of what these roles do, the last few by content. writing: who says the sentences whose
    words are explained."""

    def __init__(self, roles: Roles, preset: str, writing: TextGeneration) -> None:
        self.roles, self.preset = roles, preset
        self.targets = Targets(roles, preset, writing)
        self.inspections: Recent[Inspection] = Recent(2)  # each holds some 30 MB of graph
        self.explorers: Recent[Explorer] = Recent(4)

    def forget(self) -> None:
        """Look anew."""
        self.inspections.clear()
        self.explorers.clear()

    def inspection(
        self,
        evidence: Evidence,
        sample: Sample,
        labels: Sequence[str],
        request: ExplainRequest,
        strategy: Fusion | None = None,
    ) -> Inspection:
        """What a request means. strategy: that of the request, None: the one it names.

        Raises:
            UserError: an unknown label; a modality that was not given; a word that was not written.
        """
        for modality in request.modalities:
            if modality not in evidence.encodings:
                raise UserError(f"look_no_{modality}")
        meant = self.targets.meant(evidence, sample, labels, request, strategy)
        perturbable: Mapping[Modality, PerturbableInput] = {}
        if self.roles.perturber is not None:
            perturbable = self.roles.perturber.perturbable(meant.sample, meant.encodings)
        evidence = meant.evidence or evidence
        asked = replace(evidence, encodings=dict(meant.encodings), _beliefs={}, _vectors={})
        question = Question(asked, meant.target, perturbable, self.roles.facts)
        return Inspection(question, meant.text, meant.words)

    def explorer(self, encodings: Mapping[Modality, Encoding]) -> Explorer:
        """What attends to what while these are read together.

        Raises:
            UserError: the preset has no joint encoder.
        """
        if self.roles.joint_encoder is None:
            raise UserError("look_no_reader", preset=self.preset)
        joint = self.roles.joint_encoder
        read = {m: e for m, e in encodings.items() if m in joint.reads}
        if not read:
            raise UserError("look_no_reader", preset=self.preset)
        return Explorer(joint, read)
