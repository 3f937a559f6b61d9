"""What is seen and heard in a video over time: frames and short pieces of its sound, asked about labels.

Asks the Pipeline, never a model. Knows nothing about events or files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from demo import stopping
from demo.errors import UserError
from demo.inputs.video import Video
from demo.moments import STEP_S, Lasting, Moment, moment_at
from demo.pipeline import Pipeline
from demo.schema import SAMPLE_RATE, Prediction, Sample, Waveform

COARSE_S = 1.0  # between frames that are asked where nothing changes
ALIKE = 0.2  # total variation distance, 0..1, of beliefs that are the same but for little
PIECE_S = 0.8  # of sound around a moment
QUIET = 10 ** (-50 / 20)  # of full scale (-50 dB), below which nothing is heard
SAME = 0.004  # mean difference of frames, 0..1, below which the second shows what the first does
VOTES = 8  # frames by which it is found who reads a video
MOST_LABELS = 12  # where nobody gives any


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
    return tuple(moment_at(t, seen, heard) for t in times)


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


def named(pipeline: Pipeline, video: Video, language: str) -> tuple[str, ...]:
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
    least = min(_lasting(pipeline, sense).begins for sense in ("image", "audio"))
    chosen = [label for label, p in sorted(best.items(), key=lambda one: -one[1]) if p >= least]
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
    strange = any(f < _lasting(pipeline, m).least_familiar for m, f in found.familiarity.items())
    return None if found.unfamiliar or strange or found.none_of_these else found


def _lasting(pipeline: Pipeline, sense: str) -> Lasting:
    return pipeline.roles.facts.lasting.get(sense, Lasting())


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
