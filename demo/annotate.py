"""What is seen, heard and said in a video, and when.

Frames and short pieces of the sound are asked about the same labels, each sense by itself and both together;
a label that is believed for a while is an event. Asks the Pipeline, never a model. Knows nothing about files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from demo import stopping
from demo.errors import Message, UserError
from demo.inputs.video import Video
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Prediction, Sample, Transcript, Waveform
from demo.tasks import can

STEP_S = 0.25  # between moments
COARSE_S = 1.0  # between frames that are asked where nothing changes
ALIKE = 0.2  # total variation distance, 0..1, of beliefs that are the same but for little
PIECE_S = 0.8  # of sound around a moment
QUIET = 10 ** (-50 / 20)  # of full scale (-50 dB), below which nothing is heard
SAME = (
    0.004  # mean difference of two frames, 0..1, below which the second shows what the first does
)
BEGINS, GOES_ON = 0.3, 0.2  # belief from which an event begins, and down to which it goes on
SHORTEST_S = {"image": 0.4, "audio": STEP_S, "together": 0.4}  # a spoken word may be short
VOTES = 8  # frames by which it is found who reads a video
MOST_LABELS = 12  # where nobody gives any
SCENE_S = 4.0  # a scene without a cut is described again after so long


@dataclass(frozen=True)
class Moment:
    """seen, heard, together: label → 0..1, empty where nothing is seen or heard; agreement: 0..1, cosine
    of what is seen and heard, None where one is missing."""

    time_s: float
    seen: Mapping[str, float]
    heard: Mapping[str, float]
    together: Mapping[str, float]
    agreement: float | None = None


@dataclass(frozen=True)
class Event:
    """A label that is seen ("image"), heard ("audio") or believed ("together") for a while. peak: highest
    belief, 0..1."""

    label: str
    sense: str
    start_s: float
    end_s: float
    peak: float


@dataclass(frozen=True)
class Scene:
    """What is between two cuts, in a sentence, "" where nobody can say."""

    start_s: float
    end_s: float
    caption: str


@dataclass(frozen=True)
class Annotation:
    """labels: that were asked about; answer: the one that is believed most over the whole; rests_on: of each
    moment, its part of that answer, sums to 1; answer_s: the moment with most of it."""

    seconds: float
    labels: tuple[str, ...]
    moments: tuple[Moment, ...]
    events: tuple[Event, ...]
    scenes: tuple[Scene, ...]
    transcript: Transcript | None
    answer: str
    answer_s: float
    rests_on: tuple[float, ...]
    notes: tuple[Message, ...] = ()


def annotate(
    pipeline: Pipeline,
    video: Video,
    labels: Sequence[str] | None = None,
    language: str = "en",
    report: Callable[[float], None] = lambda done: None,
) -> Annotation:
    """The whole timeline. labels: None asks about what is seen and heard most; report: is told how much is
    done, 0..1.

    Raises:
        UserError: as Pipeline.predict; nothing to be named is seen or heard.
    """
    pipeline, whole = reader_of(pipeline, video, labels), pipeline
    asked = tuple(labels) if labels is not None else _named(pipeline, video, language)
    moments = watched(pipeline, video, asked, report)
    answer, rests_on = _answer(moments, asked)
    return Annotation(
        video.seconds,
        asked,
        moments,
        events_in(moments, asked),
        _scenes(pipeline, video, moments, language),
        _said(whole, video),
        answer,
        moments[int(np.argmax(rests_on))].time_s,
        tuple(rests_on.tolist()),
        video.notes,
    )


def watched(
    pipeline: Pipeline,
    video: Video,
    labels: tuple[str, ...],
    report: Callable[[float], None] = lambda done: None,
) -> tuple[Moment, ...]:
    """What is seen and heard over time, by one half of the model. Raises UserError as Pipeline.predict."""
    seen = _seen(pipeline, video, labels, lambda part: report(0.6 * part))
    heard = _over_time(pipeline, _pieces(video), labels, lambda part: report(0.6 + 0.3 * part))
    times = (i * STEP_S for i in range(max(1, round(video.seconds / STEP_S))))
    return tuple(_moment(t, seen, heard) for t in times)


def events_in(moments: Sequence[Moment], labels: Sequence[str]) -> tuple[Event, ...]:
    """Labels that are seen, heard or believed for a while, sense by sense."""
    return (
        *_events([m.seen for m in moments], "image", labels),
        *_without_edges(_events([m.heard for m in moments], "audio", labels)),
        *_events([m.together for m in moments], "together", labels),
    )


# What is asked -------------------------------------------------------------------------------------


def reader_of(pipeline: Pipeline, video: Video, labels: Sequence[str] | None) -> Pipeline:
    """One half of the model for all of it, of those that know the labels: the one that recognises most in the
    frames that are meant for it."""
    halves = list(pipeline.halves().values())
    able = [half for half in halves if labels is None or _knows(half, labels)] or halves
    if len(able) == 1:
        return able[0]
    shown = [sample for _, sample in _frames(video) if sample is not None]
    asked = shown[:: max(1, len(shown) // VOTES)]
    sure = [sum(_sure(pipeline, half, sample, labels) for sample in asked) for half in able]
    return able[int(np.argmax(sure))]


def _sure(
    pipeline: Pipeline, half: Pipeline, sample: Sample, labels: Sequence[str] | None
) -> float:
    """How surely a half recognises something in a frame that is meant for it, 0..1: an empty ground is meant
    for either, and says nothing to whom it is not."""
    if pipeline.reader(sample) is not half:
        return 0.0
    found = _believed(half, sample, labels)
    return 0.0 if found is None else found.fused[found.top]


def _knows(half: Pipeline, labels: Sequence[str]) -> bool:
    try:
        return len({half.roles.canonical(label) for label in labels}) > 1
    except UserError:
        return False


def _frames(video: Video) -> list[tuple[float, Sample | None]]:
    """When, and what is seen then; None: the same as before."""
    found: list[tuple[float, Sample | None]] = []
    before: np.ndarray | None = None
    for time_s, pixels in zip(video.times_s, video.frames, strict=True):
        changed = before is None or np.abs(pixels.astype(np.int16) - before).mean() / 255 > SAME
        before = pixels.astype(np.int16) if changed else before
        found.append((time_s, Sample(image=np.ascontiguousarray(pixels)) if changed else None))
    return found


def _pieces(video: Video) -> list[tuple[float, Sample]]:
    """When, and what is heard around then; no pieces where it is quiet."""
    if video.sound is None:
        return []
    samples, half = video.sound.samples, int(PIECE_S / 2 * SAMPLE_RATE)
    found: list[tuple[float, Sample]] = []
    for i in range(int(len(samples) / SAMPLE_RATE / STEP_S) + 1):
        middle = int(i * STEP_S * SAMPLE_RATE)
        inside = samples[max(0, middle - half // 4) : middle + half // 4]
        if len(inside) and float(np.sqrt((inside**2).mean())) > QUIET:
            piece = samples[max(0, middle - half) : middle + half]
            found.append((i * STEP_S, Sample(audio=Waveform(np.ascontiguousarray(piece)))))
    return found


def _named(pipeline: Pipeline, video: Video, language: str) -> tuple[str, ...]:
    """What is seen or heard with most belief at any time."""
    best: dict[str, float] = {}
    shown = [one for _, one in _frames(video)[::4] if one is not None]
    samples = [*shown, *(one for _, one in _pieces(video)[::2])]
    for sample in samples:
        stopping.check()
        prediction = _believed(pipeline, sample, None, language)
        if prediction is not None:
            for label, p in prediction.fused.items():
                best[label] = max(best.get(label, 0.0), p)
    chosen = [label for label, p in sorted(best.items(), key=lambda one: -one[1]) if p >= BEGINS]
    if len(chosen) < 2:
        raise UserError("video_nothing_named")
    return tuple(chosen[:MOST_LABELS])


def _believed(
    pipeline: Pipeline, sample: Sample, labels: Sequence[str] | None, language: str = "en"
) -> Prediction | None:
    """What is believed of a moment; None where nothing familiar is there, or none of the labels."""
    try:
        asked = labels if labels is not None else pipeline.default_labels(sample, language)
        found = pipeline.predict(sample, asked)
    except UserError as error:
        if labels is not None or error.message.key.startswith("request_"):
            raise
        return None
    return None if found.unfamiliar or found.none_of_these else found


def _seen(
    pipeline: Pipeline,
    video: Video,
    labels: tuple[str, ...],
    report: Callable[[float], None],
) -> list[tuple[float, Mapping[str, float]]]:
    """Beliefs at each frame. About one frame a second is asked, and those between two of them only where
    something changes: the two are not believed alike, or a frame between is like neither."""
    frames = _frames(video)
    shown = _shown(frames)
    held: dict[int, Mapping[str, float]] = {}

    def at(i: int) -> Mapping[str, float]:
        stopping.check()
        sample = frames[shown[i]][1]
        if shown[i] not in held and sample is not None:
            prediction = _believed(pipeline, sample, labels)
            held[shown[i]] = {} if prediction is None else dict(prediction.fused)
        return held[shown[i]]

    found = [at(0)]
    edges = _edges(video)
    for a, b in zip(edges, edges[1:], strict=False):
        still = _alike(at(a), at(b)) and not _flashes(video, a, b)
        found += [at((a if i - a <= b - i else b) if still else i) for i in range(a + 1, b + 1)]
        report((b + 1) / len(frames))
    return [(time_s, found[i]) for i, (time_s, _) in enumerate(frames)]


def _shown(frames: Sequence[tuple[float, Sample | None]]) -> list[int]:
    """For each frame the one that shows the same first."""
    places: list[int] = []
    for i, (_, sample) in enumerate(frames):
        places.append(places[-1] if sample is None else i)
    return places


def _edges(video: Video) -> list[int]:
    """Frames that are asked: about one a second, the last, and those on both sides of a cut."""
    times = video.times_s
    cuts = {i for i, time_s in enumerate(times) if time_s in video.cuts_s}
    chosen = {0, len(times) - 1, *cuts, *(i - 1 for i in cuts if i)}
    last = 0
    for i, time_s in enumerate(times):
        if i in chosen or time_s - times[last] >= COARSE_S - 1e-6:
            chosen.add(i)
            last = i
    return sorted(chosen)


def _alike(one: Mapping[str, float], other: Mapping[str, float]) -> bool:
    """Whether two beliefs are the same but for little: total variation distance at most ALIKE."""
    if not one or not other:
        return not one and not other
    return sum(abs(one[label] - other[label]) for label in one) / 2 <= ALIKE


def _flashes(video: Video, a: int, b: int) -> bool:
    """Whether a frame between two differs from the nearer one by far more than they do from one another."""
    small = video.frames[a : b + 1, ::8, ::8].astype(np.float32) / 255

    def apart(i: int, j: int) -> float:
        return float(np.abs(small[i] - small[j]).mean())

    last = len(small) - 1
    most = 2 * apart(0, last) + SAME
    return any(min(apart(i, 0), apart(i, last)) > most for i in range(1, last))


def _over_time(
    pipeline: Pipeline,
    given: Sequence[tuple[float, Sample]],
    labels: tuple[str, ...],
    report: Callable[[float], None],
) -> list[tuple[float, Mapping[str, float]]]:
    """Beliefs at each of these times; none where nothing familiar is there."""
    found: list[tuple[float, Mapping[str, float]]] = []
    for done, (time_s, sample) in enumerate(given, start=1):
        stopping.check()
        prediction = _believed(pipeline, sample, labels)
        found.append((time_s, {} if prediction is None else dict(prediction.fused)))
        report(done / len(given))
    return found


# What comes of it ----------------------------------------------------------------------------------


def _moment(
    time_s: float,
    seen: Sequence[tuple[float, Mapping[str, float]]],
    heard: Sequence[tuple[float, Mapping[str, float]]],
) -> Moment:
    sees = _at(seen, time_s, before=2.0)
    hears = _at(heard, time_s, before=STEP_S / 2)
    both = [one for one in (sees, hears) if one]
    together = {label: float(np.mean([one[label] for one in both])) for label in (both or [{}])[0]}
    agreement = None
    if sees and hears:
        p, q = np.array(list(sees.values())), np.array([hears[label] for label in sees])
        agreement = float(p @ q / (np.linalg.norm(p) * np.linalg.norm(q)))
    return Moment(round(time_s, 3), sees, hears, together, agreement)


def _at(
    given: Sequence[tuple[float, Mapping[str, float]]], time_s: float, before: float
) -> Mapping[str, float]:
    """The last of what was found at most so long before a time, or just after."""
    found: Mapping[str, float] = {}
    for at, beliefs in given:
        if at > time_s + 1e-3:
            break
        found = beliefs if time_s - at <= before else {}
    return found


def _events(
    beliefs: Sequence[Mapping[str, float]], sense: str, labels: Sequence[str]
) -> list[Event]:
    """Labels that are believed for a while, in the order in which they begin."""
    found = []
    for label in labels:
        values = [one.get(label, 0.0) for one in beliefs]
        start: int | None = None
        for i, value in enumerate([*values, 0.0]):
            if start is None and value >= BEGINS:
                start = i
            elif start is not None and value < GOES_ON:
                if (i - start) * STEP_S >= SHORTEST_S[sense]:
                    span = (start * STEP_S, i * STEP_S)
                    found.append(Event(label, sense, *span, round(max(values[start:i]), 4)))
                start = None
    return sorted(found, key=lambda event: (event.start_s, event.label))


def _without_edges(events: Sequence[Event]) -> list[Event]:
    """Sounds without those of a single moment beside a surer one: the first or last piece of a word sounds
    like another word."""
    return [
        one
        for one in events
        if one.end_s - one.start_s > STEP_S or not any(_edge_of(one, other) for other in events)
    ]


def _edge_of(one: Event, other: Event) -> bool:
    touches = one.start_s <= other.end_s and other.start_s <= one.end_s
    return touches and other.peak > one.peak


def _answer(moments: Sequence[Moment], labels: Sequence[str]) -> tuple[str, np.ndarray]:
    """The label that is believed most over the whole, and each moment's part of it."""
    whole = {label: sum(m.together.get(label, 0.0) for m in moments) for label in labels}
    answer = max(whole, key=lambda label: whole[label])
    each = np.array([m.together.get(answer, 0.0) for m in moments])
    return answer, each / each.sum() if each.sum() > 0 else np.full(len(each), 1 / len(each))


def _scenes(
    pipeline: Pipeline, video: Video, moments: Sequence[Moment], language: str
) -> tuple[Scene, ...]:
    """A sentence for each scene, about the frame in which something is seen most surely."""
    edges = [0.0, *video.cuts_s, video.seconds]
    found = []
    for start, end in zip(edges, edges[1:], strict=False):
        parts = max(1, round((end - start) / SCENE_S))
        for i in range(parts):
            a, b = (start + (end - start) * k / parts for k in (i, i + 1))
            stopping.check()
            at = _surest([m for m in moments if a <= m.time_s < b], (a + b) / 2)
            said = _caption(pipeline, video, at, language)
            found.append(Scene(round(a, 3), round(b, 3), said))
    return tuple(found)


def _surest(moments: Sequence[Moment], middle: float) -> float:
    """When something is seen most surely; the middle where nothing is."""
    best = max(moments, key=lambda m: max(m.seen.values(), default=0.0), default=None)
    return best.time_s if best is not None and best.seen else middle


def _caption(pipeline: Pipeline, video: Video, time_s: float, language: str) -> str:
    if not can(pipeline, "caption"):
        return ""
    nearest = int(np.argmin(np.abs(np.array(video.times_s) - time_s)))
    sample = Sample(image=np.ascontiguousarray(video.frames[nearest]))
    return pipeline.captions(sample, [language], maps=False)[language].caption


def _said(pipeline: Pipeline, video: Video) -> Transcript | None:
    """What people say in it, where somebody can tell."""
    if video.sound is None or not pipeline.for_world().roles.listens:
        return None
    return pipeline.transcribe(Sample(audio=video.sound))
