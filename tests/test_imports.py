"""Who may import whom in demo/, read off the syntax trees: nothing is imported or run here."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.warm import ANEW, PYTHON

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path.relative_to(ROOT) for path in [*ROOT.glob("demo/**/*.py"), *ROOT.glob("app.py")]
)

# Lowest first. A module may import from lower layers and from its own package; packages that share
# a layer know nothing of one another. The single files of the lowest layer count as one package.
LAYERS = (
    (
        "schema",
        "ability",
        "device",
        "settings",
        "errors",
        "stopping",
        "recent",
        "script",
        "moments",
        "subtitles",
        "utf8",
        "start",
        "articles",
        "consensus",
    ),
    ("inputs",),
    ("data",),  # of one's own, read through inputs
    ("models", "world", "render"),
    ("bilingual",),  # phrases in both languages
    ("reading",),  # how sentences are put before models
    ("encodings",),
    ("fusion",),
    ("explain",),
    ("notes",),
    ("generate",),
    ("inspect",),  # explains what generate writes
    ("routing",),  # which half reads a sample
    ("strategies", "predict"),
    ("pipeline",),
    ("routed",),  # two halves as one
    ("fallback",),  # the CPU in place of a GPU that is full
    ("opening",),
    ("tasks",),
    ("watching",),  # videos over time
    ("search", "annotate"),
    ("timeline",),
    ("learn",),
    ("serving", "training"),
    ("evaluation",),  # measures what training held back
    ("lab",),
    ("ui",),
    ("cli",),
    ("__main__", "app"),
)
LAYER_OF = {part: number for number, layer in enumerate(LAYERS) for part in layer}
CHECKPOINTS = "demo/models/checkpoints/"
INDEXES = "demo/search/saved.py"  # vectors of a collection in the same format; no weights
HUB = ("demo/models/hub/opening.py", "demo/models/hub/download.py")  # of the field's own families
GRIDS = "demo/schema/grids.py"
OPENS_CHECKPOINTS = {"safetensors", "huggingface_hub", "torch.load", "from_pretrained"}


def part_of(dotted: str) -> str:
    """demo.models.roles.Aligner → models; demo itself → ''."""
    return (dotted.split(".") + [""])[1]


def imports(tree: ast.AST, folder: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Line and full dotted name of everything imported, by whatever kind of import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = folder[: len(folder) + 1 - node.level] if node.level else ()
            base = [*above, *filter(None, [node.module])]
            yield from ((node.lineno, ".".join([*base, alias.name])) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            names = [a.value for a in node.args if isinstance(a, ast.Constant)]
            yield from ((node.lineno, str(name)) for name in names[:1])


def may_import(part: str, target: str) -> bool:
    """Whether a module of `part` may import `target`, a dotted name that starts with demo."""
    other = part_of(target)
    if other not in LAYER_OF or other == part:
        return True  # demo's own __version__; the same package
    if part == "":
        return False  # demo/__init__.py lies below everything
    return LAYER_OF[other] < LAYER_OF[part] or (LAYER_OF[part] == LAYER_OF[other] == 0)


def import_violations(tree: ast.AST, path: Path, part: str) -> Iterator[tuple[int, str]]:
    for line, name in imports(tree, path.parent.parts):
        library = name.split(".")[0]
        if library == "demo" and not may_import(part, name):
            yield line, f"imports {name}, which does not lie below it"
        if library == "gradio" and part != "ui":
            yield line, "imports gradio, which demo/ui alone may do"
        if library in {"torch", "torchaudio"} and part == "ui":
            yield line, f"imports {library}, but the interface sees arrays only"
        if part == "ui" and name.startswith(("demo.training", "demo.evaluation")):
            yield line, f"imports {name}, but the page shows what was measured and measures nothing"
        if library == "pickle":
            yield line, "imports pickle, which runs what it reads"


def checkpoint_violations(tree: ast.AST, path: Path, part: str) -> Iterator[tuple[int, str]]:
    """Training reads and writes its own runs; otherwise models/checkpoints and HUB open weights."""
    file = path.as_posix()
    if file.startswith(CHECKPOINTS) or file in (INDEXES, *HUB) or part == "training":
        return
    named = list(imports(tree, path.parent.parts))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            named += [(node.lineno, ast.unparse(node)), (node.lineno, node.attr)]
    for line, name in named:
        if name in OPENS_CHECKPOINTS or name.split(".")[0] in OPENS_CHECKPOINTS:
            yield line, f"uses {name}, which is for {CHECKPOINTS}"


def name_violations(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "demo" and isinstance(node.ctx, ast.Store):
            yield node.lineno, "calls something `demo`, which shadows the package"
        if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
            yield node.value.lineno, "uses trust_remote_code, which runs a stranger's code"
        if isinstance(node, ast.Constant) and node.value == "trust_remote_code":
            yield node.lineno, "uses trust_remote_code, which runs a stranger's code"


def grid_violations(tree: ast.AST, path: Path) -> Iterator[tuple[int, str]]:
    """Grids are asked what they have; which kind one is, nobody needs to know."""
    if path.as_posix() == GRIDS:
        return
    for node in ast.walk(tree):
        asks = isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance"
        if asks and re.search(r"\b(Picture|Spectrogram|Word)Grid\b", ast.unparse(node)):
            yield node.lineno, f"asks which kind a grid is, which is for {GRIDS}"


def violations(source: str, path: Path) -> list[str]:
    """Every broken rule as `path:line: what is wrong`; `path` is relative to the project's root."""
    part = part_of(".".join(path.with_suffix("").parts)) if path.parts[0] == "demo" else path.stem
    part = "" if part == "__init__" else part
    if part and part not in LAYER_OF:
        return [f"{path}:1: {part} has no place in LAYERS: give it one"]
    tree = ast.parse(source)
    found = {
        *import_violations(tree, path, part),
        *checkpoint_violations(tree, path, part),
        *name_violations(tree),
        *grid_violations(tree, path),
    }
    return [f"{path}:{line}: {what}" for line, what in sorted(found)]


@pytest.mark.parametrize("path", FILES, ids=str)
def test_file_keeps_the_import_rules(path: Path) -> None:
    assert violations((ROOT / path).read_text(encoding="utf-8"), path) == []


def test_the_project_is_found() -> None:
    assert Path("demo/__init__.py") in FILES


@pytest.mark.parametrize(
    "path,source,complaint",
    [
        ("demo/inputs/image.py", "from demo.models import roles", "does not lie below"),
        ("demo/models/roles.py", "from demo.fusion import FUSIONS", "does not lie below"),
        ("demo/fusion/score/mean.py", "from ...explain import recorder", "does not lie below"),
        ("demo/training/loop.py", "def f():\n    import demo.evaluation", "does not lie below"),
        ("demo/settings.py", "from demo import inputs", "does not lie below"),
        ("demo/ui/tab.py", "from demo.__main__ import main", "does not lie below"),
        ("demo/__init__.py", "from demo.errors import UserError", "does not lie below"),
        ("demo/pipeline.py", "importlib.import_module('demo.ui')", "does not lie below"),
        ("demo/novel/thing.py", "", "no place in LAYERS"),
        ("app.py", "import gradio as gr", "demo/ui alone"),
        ("demo/ui/tab.py", "from torch import Tensor", "arrays only"),
        ("demo/ui/tab.py", "from demo.evaluation.abilities import Ability", "measures nothing"),
        ("demo/ui/tab.py", "def f():\n    from demo.training import loop", "measures nothing"),
        ("demo/training/loop.py", "import pickle", "runs what it reads"),
        ("demo/models/hub/clip.py", "CLIPModel.from_pretrained('x')", "uses from_pretrained"),
        ("demo/fusion/gated.py", "from safetensors.torch import load_file", "uses safetensors"),
        ("demo/explain/methods/legrad.py", "torch.load('x')", "uses torch.load"),
        (CHECKPOINTS + "x.py", "load('x', trust_remote_code=True)", "stranger's code"),
        (CHECKPOINTS + "x.py", "load('x', **{'trust_remote_code': True})", "stranger's code"),
        ("demo/notes.py", "isinstance(grid, (int, WordGrid))", "which kind a grid is"),
        ("demo/ui/app.py", "with gr.Blocks() as demo:\n    pass", "shadows the package"),
        ("demo/ui/app.py", "demo = gr.Blocks()", "shadows the package"),
    ],
)
def test_a_broken_rule_is_found(path: str, source: str, complaint: str) -> None:
    (found,) = violations(source, Path(path))
    assert complaint in found


@pytest.mark.parametrize(
    "path,source",
    [
        ("demo/schema.py", "from demo.errors import Message"),
        ("demo/fusion/score/mean.py", "from demo.models.roles import Aligner"),
        ("demo/models/hub/clip.py", "from ..roles import Aligner\nfrom . import siglip"),
        ("demo/training/loop.py", "import torch\nfrom demo import world\ntorch.load('x')"),
        ("demo/ui/app.py", "import gradio as gr\nfrom demo import __version__, pipeline"),
        ("app.py", "from demo.ui import build_app"),
        (GRIDS, "isinstance(grid, SpectrogramGrid)"),
        (CHECKPOINTS + "x.py", "from safetensors.torch import load_file\ncls.from_pretrained('x')"),
    ],
)
def test_a_kept_rule_is_left_alone(path: str, source: str) -> None:
    assert violations(source, Path(path)) == []


def loaded_by(statement: str) -> set[str]:
    """Modules of this project that an interpreter has loaded after a statement."""
    program = f"{ANEW}\n{statement}\nprint(*(m for m in sys.modules if m.startswith('demo')))"
    found = subprocess.run(
        [*PYTHON, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(found.stdout.split())


def test_the_page_loads_neither_training_nor_evaluation() -> None:
    loaded = loaded_by("import demo.ui.build, demo.ui.serve")
    assert "demo.ui.about.tab" in loaded
    assert not {name for name in loaded if part_of(name) in ("training", "evaluation")}


def test_the_command_line_loads_the_page_only_to_serve_it() -> None:
    loaded = loaded_by("import demo.__main__, demo.cli.verbs, demo.cli.maps, demo.cli.report")
    assert "demo.cli.verbs" in loaded
    assert not {name for name in loaded if part_of(name) == "ui"}
