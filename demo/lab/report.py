"""What was found, for people: advice in two sentences, and one HTML file with all tables and plots in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from demo import __version__
from demo.errors import Message
from demo.evaluation.metrics.intervals import Measure
from demo.lab.advice import Advice, advise
from demo.lab.compare import NOISE_LEVELS, Comparison, Result
from demo.lab.training import ALONE, Trainer
from demo.render import charts

Naming = Callable[
    [str], str
]  # a strategy's, a sense's or a single sense's name as a person reads it


def naming(language: str) -> Naming:
    """The usual names."""
    return lambda key: Message(f"lab_name_{key}").text(language)


FEW = 12  # examples that say nothing about whether fusing helps
MOST_CLASSES = 25  # of a confusion matrix that can be read

_CSS = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 980px; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-size: 14px } caption, th[scope=row] { text-align: left }
th, td { padding: 3px 9px; text-align: right; border-bottom: 1px solid #dfe5ee }
.syn-chart { width: 100%; max-width: 620px } .syn-lines { columns: 3; list-style: none; padding: 0 }
.syn-confusion td { background: rgb(0 114 178 / calc(var(--part, 0) * .55)) }
td small { display: block; color: #5b6472; white-space: nowrap }
.syn-wide { overflow-x: auto } figure { margin: 1.5rem 0 } h2 { margin-top: 2.2rem }
"""


def percent(value: float, signed: bool = False) -> str:
    """“93.5 %”."""
    return f"{100 * value:+.1f} %".replace("-", "−") if signed else f"{100 * value:.1f} %"


def spoken_advice(results: Mapping[str, Result], language: str, name: Naming) -> list[str]:
    """Which strategy to take and why, in two sentences; nothing where nothing fuses."""
    fusing = [n for n in results if not n.startswith(ALONE)]
    if not fusing:
        return []
    scores = "accuracy" not in results[fusing[0]].measures
    found = advise(results)
    parts = (_choice(results, found, scores, name), _sturdiness(results, found, scores, name))
    return [message.text(language) for message in parts]


def _choice(results: Mapping[str, Result], found: Advice, scores: bool, name: Naming) -> Message:
    chosen = results[found.choice]
    gain = {"gain": found.gain.value, "low": found.gain.low, "high": found.gain.high}
    values = {
        "choice": name(found.choice),
        "accuracy": percent(chosen.main.value),
        "n": chosen.main.n,
        "alone": name(found.alone),
        "parameters": f"{found.parameters:,}",
    }
    if scores:  # what is gained is squared error, in units of the scores
        values |= {k: f"{v:+.3g}".replace("-", "−") for k, v in gain.items()}
        sure = found.gain.sure and found.gain.value > 0
        return Message("lab_advice_score" if sure else "lab_advice_score_unsure", values)
    values |= {k: percent(v, signed=True) for k, v in gain.items()}
    if not found.gain.sure or found.gain.value <= 0:
        undecided = found.gain.value > 0 or (chosen.main.n < FEW and not found.gain.sure)
        key = "lab_advice_unsure" if undecided else "lab_advice_no_gain"
    else:
        tied = found.choice != found.best or found.tied > 1
        key = "lab_advice_first" if tied else "lab_advice_first_best"
    return Message(key, values)


def _sturdiness(
    results: Mapping[str, Result], found: Advice, scores: bool, name: Naming
) -> Message:
    if sum(n.startswith(ALONE) for n in results) < 2:
        return Message("lab_advice_one_sense")
    if found.weakest is None:
        return Message("lab_advice_nothing_missing")
    values = {
        "sense": name(found.weakest),
        "kept": percent(found.kept),
        "loss": percent(found.loss),
        "sturdiest": name(found.sturdiest),
        "sturdiest_kept": percent(found.sturdiest_kept),
    }
    key = "lab_advice_robust" if found.sturdiest_kept > found.kept else "lab_advice_robust_same"
    return Message(key.replace("advice", "advice_score") if scores else key, values)


def interval(measure: Measure) -> str:
    """Value and, small, its 95 % interval."""
    scale, digits = (100, 1) if measure.name in ("accuracy", "macro_f1") else (1, 2)
    value, low, high = (
        f"{scale * number:.{digits}f}".replace("-", "−")
        for number in (measure.value, measure.low, measure.high)
    )
    return f"{value} <small>{low} … {high}</small>"


def table(results: Mapping[str, Result], heads: Mapping[str, str], name: Naming) -> str:
    """One row for each strategy, the best first. heads: measure → its name."""
    ranked = sorted(results.values(), key=lambda r: -r.main.value)
    shown = [m for m in heads if m in ranked[0].measures]
    columns = "".join(f"<th scope='col'>{escape(heads[m])}</th>" for m in shown)
    rows = "".join(
        f"<tr><th scope='row'>{escape(name(r.name))}</th>"
        + "".join(f"<td>{interval(r.measures[m])}</td>" for m in shown)
        + f"<td>{r.parameters:,}</td></tr>"
        for r in ranked
    )
    first = f"<td></td>{columns}<th scope='col'>{escape(heads['parameters'])}</th>"
    body = f"<thead><tr>{first}</tr></thead><tbody>{rows}</tbody>"
    return (
        f"<div class='syn-wide' tabindex='0'><table class='syn-results-table'>{body}</table></div>"
    )


def curves(trainer: Trainer, which: str, title: str, name: Naming) -> str:
    """The loss or the held-out accuracy of every run after each epoch, as SVG."""
    runs = trainer.runs.values()
    series = {name(run.name): getattr(run.curve, which) for run in runs}
    steps = [str(i + 1) for i in range(trainer.recipe.epochs)]
    held = which == "held_out"
    return charts.lines(series, steps, title, (0.0, 1.0) if held else None, percent=held)


def noise_chart(results: Mapping[str, Result], sense: str, title: str, name: Naming) -> str:
    """Accuracy against noise in one sense, every strategy."""
    series = {name(n): r.noise[sense] for n, r in results.items() if sense in r.noise}  # type: ignore[index]
    return charts.lines(series, [f"{level:g}" for level in NOISE_LEVELS], title, (0.0, 1.0), True)


def missing_table(results: Mapping[str, Result], name: Naming, whole: str, without: Naming) -> str:
    """Accuracy with everything, and without each sense."""
    ranked = sorted((r for r in results.values() if r.missing), key=lambda r: -r.main.value)
    if not ranked:
        return ""
    senses = list(ranked[0].missing)
    heads = "".join(f"<th scope='col'>{escape(without(m))}</th>" for m in senses)
    rows = "".join(
        f"<tr><th scope='row'>{escape(name(r.name))}</th><td>{percent(r.main.value)}</td>"
        + "".join(f"<td>{percent(r.missing[m])}</td>" for m in senses)
        + "</tr>"
        for r in ranked
    )
    return (
        f"<div class='syn-wide' tabindex='0'><table class='syn-results-table'><thead><tr><td></td>"
        f"<th scope='col'>{escape(whole)}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def weights_table(results: Mapping[str, Result], senses: tuple[str, ...], name: Naming) -> str:
    """Mean weight of each sense, and the range over examples; nothing where no strategy has weights."""
    rows = ""
    for result in results.values():
        if result.weights is not None:
            cells = "".join(
                f"<td>{percent(w.mean())} <small>{100 * w.min():.0f} … {100 * w.max():.0f}</small></td>"
                for w in result.weights.T
            )
            rows += f"<tr><th scope='row'>{escape(name(result.name))}</th>{cells}</tr>"
    heads = "".join(f"<th scope='col'>{escape(name(m))}</th>" for m in senses)
    head = f"<thead><tr><td></td>{heads}</tr></thead>"
    table = f"<table class='syn-results-table'>{head}<tbody>{rows}</tbody></table>"
    return f"<div class='syn-wide' tabindex='0'>{table}</div>" if rows else ""


def confusions(results: Mapping[str, Result], classes: tuple[str, ...], name: Naming) -> str:
    """A matrix for each strategy, folded away; nothing where there are too many classes to read."""
    if len(classes) > MOST_CLASSES:
        return ""
    return "".join(
        f"<details><summary>{escape(name(r.name))}</summary>"
        f"{charts.matrix(r.confusion, classes, '')}</details>"
        for r in results.values()
        if r.confusion is not None
    )


def heading(language: str) -> Naming:
    """What a part of the report is called, by its key."""
    return lambda key: Message(f"lab_head_{key}").text(language)


def html_report(trainer: Trainer, comparison: Comparison, language: str) -> str:
    """One file that needs no other."""
    name, words = naming(language), heading(language)
    results, data = comparison.results, comparison.data
    heads = {
        m: words(m) for m in ("accuracy", "macro_f1", "log_likelihood", "mse", "r2", "parameters")
    }
    advice = " ".join(spoken_advice(results, language, name))
    noise = "".join(
        f"<figure><figcaption>{escape(words('noise'))}: {escape(name(m))}</figcaption>"
        f"{noise_chart(results, m, name(m), name)}</figure>"
        for m in data.shape.senses
        if any(m in r.noise for r in results.values())
    )
    named = list(map(name, results))
    recipe = ", ".join(f"{k} {v}" for k, v in vars(trainer.recipe).items() if v is not None)
    facts = f"{data.data.name} · {data.encoder} · {len(data.targets)} · {recipe}"
    drawn = "".join(
        f"<figure><figcaption>{escape(words(which))}</figcaption>"
        f"{curves(trainer, which, words(which), name)}</figure>"
        for which in ("held_out", "loss")
    )
    parts = [
        f"<h1>{escape(words('title'))}</h1><p>{escape(facts)}</p><p><b>{escape(advice)}</b></p>",
        f"<h2>{escape(words('results'))}</h2>{table(results, heads, name)}",
        f"<h2>{escape(words('curves'))}</h2>{drawn}{charts.legend(list(map(name, trainer.runs)))}",
        f"<h2>{escape(words('broken'))}</h2>",
        missing_table(results, name, words("whole"), lambda m: f"{words('without')} {name(m)}"),
        noise + charts.legend(named) if noise else "",
        f"<h2>{escape(words('weights'))}</h2>{weights_table(results, data.shape.senses, name)}",
        f"<h2>{escape(words('confusion'))}</h2>{confusions(results, data.data.classes, name)}",
        f"<p>Synesthesia {__version__}</p>",
    ]
    title = escape(words("title"))
    return (
        f"<!doctype html><html lang='{language}'><meta charset='utf-8'><title>{title}</title>"
        f"<style>{_CSS}</style>{''.join(parts)}</html>"
    )
