"""What a pipeline says in words of a sample: each task goes to whoever does it. Pipeline is made of this."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from demo.errors import Message
from demo.generate import TextGeneration
from demo.generate.conversation import reply
from demo.inputs import clean_text
from demo.models.conversation import Turn
from demo.models.generator import Task
from demo.schema import Answer, Caption, Reply, Sample, Transcript, Translation


class TextTasks:
    """writing: who writes; writers: task → who does it instead, with encoders of its own."""

    writing: TextGeneration
    writers: Mapping[Task, TextTasks]

    def caption(self, sample: Sample, language: str = "en", beams: int | None = None) -> Caption:
        """One sentence about what each sense shows; each word has heatmaps of what made the model say it.

        beams: 1 is greedy decoding, more is beam search, None what this preset writes best with.

        Raises:
            UserError: the preset has no such role, an unknown language, or too many beams.
        """
        return self.captions(sample, [language], beams)[language]

    def captions(
        self,
        sample: Sample,
        languages: Sequence[str],
        beams: int | None = None,
        maps: bool = True,
    ) -> dict[str, Caption]:
        """The caption in each language, looking at the sample once; maps: False leaves heatmaps out. Raises
        UserError as caption."""
        return self._writer("caption", sample).captions.captions(sample, languages, beams, maps)

    def ask(
        self,
        sample: Sample,
        question: str,
        language: str | None = None,
        beams: int | None = None,
        maps: bool = True,
    ) -> Answer:
        """The answer to a question about a picture, a sound or both; language None: the question's.

        Raises:
            UserError: as caption; or there is neither picture nor sound.
        """
        return self._writer("answer", sample).answers.ask(sample, question, language, beams, maps)

    def transcribe(
        self,
        sample: Sample,
        language: str | None = None,
        beams: int | None = None,
        maps: bool = True,
    ) -> Transcript:
        """What a voice said, and when; language None: whichever is likelier; maps: False leaves out the words
        with their heatmaps.

        Raises:
            UserError: as caption; or there is no sound.
        """
        return self._writer("transcribe", sample).transcribe(sample, language, beams, maps)

    def spoken(self, sample: Sample) -> Transcript | None:
        """What people clearly say in its sound, without maps; None where nobody does or nobody can tell."""
        return self.writing.speech.sentence(sample)

    def with_spoken_words(self, sample: Sample) -> Sample:
        """The sample with what is said in its sound as its sentence, and a note; as it is where a sentence is
        given or nobody speaks."""
        said = self.spoken(sample) if sample.text is None else None
        text = None if said is None else clean_text(said.text)
        if not text:
            return sample
        note = Message("spoken_words_read", {"text": text})
        return dataclasses.replace(sample, text=text, notes=(*sample.notes, note))

    def translate(
        self, sample: Sample, to: str, beams: int | None = None, maps: bool = True
    ) -> Translation:
        """The sample's sentence in the language `to`; its picture decides what ambiguous words mean; maps:
        False leaves heatmaps out.

        Raises:
            UserError: as caption; or there is no sentence, or it is in that language already.
        """
        return self._writer("translate", sample).translate(sample, to, beams, maps)

    def converse(self, sample: Sample, turns: Sequence[Turn]) -> Iterator[Reply]:
        """The model's next turn in a conversation about a sample, as far as it is written, longer each time.

        Raises:
            UserError: the preset does not converse; or as generate.conversation.reply.
        """
        writer = self._writer("converse", sample).writer
        return reply(writer.roles, writer.encode, writer.preset, sample, turns)

    def _writer(self, task: Task, sample: Sample) -> TextGeneration:
        """Who does a task for a sample: a checkpoint with encoders of its own, where the preset has one."""
        return self.writers[task].writing if task in self.writers else self.writing
