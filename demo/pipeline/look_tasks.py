"""Where a pipeline looked: maps of any target, what happens when a part is erased, what attends to what.

Pipeline is made of this.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from demo.explain.explorer import Attended
from demo.explain.request import ExplainRequest
from demo.fusion.evidence import Evidence
from demo.generate import TextGeneration
from demo.inspect import Inspector
from demo.inspect.inspection import Ablation, Erasure, Inspection, View
from demo.inspect.spoken import spoken_word
from demo.models.generator import Task
from demo.pipeline.evidence_tasks import EvidenceTasks
from demo.reading import USE_OF
from demo.recent import sample_key
from demo.schema import Modality, Sample

if TYPE_CHECKING:
    from demo.pipeline import Pipeline


class LookTasks(EvidenceTasks):
    """writing: who says the sentences whose words are explained; writers: task → who does it instead."""

    writing: TextGeneration
    writers: Mapping[Task, Pipeline]
    inspector: Inspector

    def look(
        self,
        sample: Sample,
        request: ExplainRequest = ExplainRequest(),
        labels: Sequence[str] | None = None,
        stop: Callable[[], bool] = lambda: False,
    ) -> View:
        """Maps of any target by request.methods. stop: asked now and then, whether nobody waits any more.

        Raises:
            UserError: as predict; an unknown method; a modality that was not given or a word that was not
            written.
            Left: it was stopped.
        """
        inspection = self._inspection(sample, request, labels)
        with inspection.lock:
            inspection.leave_when(stop)
            return inspection.view(request.methods, request.measured)

    def erase(
        self,
        sample: Sample,
        request: ExplainRequest,
        erasure: Erasure,
        labels: Sequence[str] | None = None,
    ) -> Ablation:
        """How sure the model is of the target when what the first of request.methods marks is erased.

        Raises:
            UserError: as look.
        """
        inspection = self._inspection(sample, request, labels)
        with inspection.lock:
            return inspection.erased(request.methods[0], erasure)

    def attended(
        self,
        sample: Sample,
        layer: int,
        head: int | None,
        modality: Modality | None,
        cell: int = 0,
    ) -> Attended:
        """What one place attends to while the sample's modalities are read together, see Explorer.

        Raises:
            UserError: the preset has no joint encoder.
            IndexError: no such layer, head or cell.
        """
        reader = self.reader(sample)
        explorer = reader.inspector.explorers.get(
            sample_key(sample), lambda: reader.inspector.explorer(reader.encode(sample))
        )
        return explorer.attended(layer, head, modality, cell)

    def _inspection(
        self, sample: Sample, request: ExplainRequest, labels: Sequence[str] | None
    ) -> Inspection:
        """The same for the same target of the same content, whatever the method."""
        if request.what == "word" and request.task in self.writers:
            return self.writers[request.task]._inspection(sample, request, None)
        asked = self._asked_about(sample, labels)
        if asked is not self and request.what != "word":
            return asked._inspection(sample, request, labels)
        target = dataclasses.replace(request, methods=(), measured=False)
        key = (*sample_key(sample), target, None if labels is None else tuple(labels))

        def made() -> Inspection:
            if request.task == "transcribe" and request.what == "word":
                spoken = spoken_word(self.writing.speech, sample, request)
                if spoken is not None:
                    return spoken
            use = USE_OF.get(request.task, "told") if request.what == "word" else "told"
            if request.what == "word" and labels is None and self.known_labels() is None:
                asked = Evidence(self.encode(sample, use), {}, self.roles.joint_encoder)
                return self.inspector.inspection(asked, sample, (), request)
            strategy = None if request.what == "word" else self.strategy(request.fusion)
            evidence, kept = self.evidence(sample, labels, strategy, use)
            return self.inspector.inspection(evidence, sample, kept, request, strategy)

        return self.inspector.inspections.get(key, made)
