"""Every choice a person makes when starting the app, in one frozen dataclass.

Command-line flags (`--port`) and environment variables (`SYNESTHESIA_PORT`) derive from its fields; a
flag wins over a variable, a variable over the default.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.errors import UserError

ENGINES = ("local", "ray")
ENVIRONMENT_PREFIX = "SYNESTHESIA_"
SPACE, SPACE_PRESET = "SPACE_ID", "base"  # what says that this is a Space, and what it then runs
GRADIO_NAMES = {"host": "GRADIO_SERVER_NAME", "port": "GRADIO_SERVER_PORT"}
GRADIO_NAMES |= {"root_path": "GRADIO_ROOT_PATH"}  # obeyed after our own


@dataclass(frozen=True)
class Settings:
    """How the app runs."""

    host: str = field(default="127.0.0.1", metadata={"help": "address to listen on"})
    port: int = field(default=7860, metadata={"help": "port to listen on, 1 to 65535"})
    preset: str = field(default="pocket", metadata={"help": "which models fill the roles"})
    later: str = field(
        default="",
        metadata={
            "help": "preset that is fetched while the first one answers, and then takes over"
        },
    )
    device: str = field(default="auto", metadata={"help": "auto, cpu, cuda or mps"})
    threads: int = field(default=0, metadata={"help": "CPU threads for the model; 0: all cores"})
    max_upload_mb: int = field(default=50, metadata={"help": "largest file accepted, in megabytes"})
    request_seconds: int = field(
        default=120, metadata={"help": "longest time for one request, in seconds"}
    )
    trusted_hosts: str = field(
        default="",
        metadata={
            "help": "further names this server answers to, with commas between (*.example.org, or * for any)"
        },
    )
    root_path: str = field(
        default="",
        metadata={
            "help": "path below which a proxy shows the page, such as /demo, or its whole address"
        },
    )
    search_store: str = field(
        default="exact",
        metadata={
            "help": "who compares in searches: exact, or Qdrant as :memory:, a folder or http://host:port"
        },
    )
    engine: str = field(
        default="local",
        metadata={"help": "where models compute: local, in this process; ray, on Ray Serve"},
    )
    ray_address: str = field(
        default="",
        metadata={"help": "of a Ray cluster that is running; empty: one is started here"},
    )
    ray_roles: str = field(
        default="image,audio,text,read,write,explain",
        metadata={"help": "roles that compute on Ray; explain: heatmaps"},
    )
    ray_replicas: int = field(default=2, metadata={"help": "most replicas of each role on Ray"})
    ray_cpus: float = field(default=0.1, metadata={"help": "cores set aside for a replica on Ray"})
    ray_gpus: float = field(
        default=0.0, metadata={"help": "part of a GPU set aside for a replica on Ray, such as 0.25"}
    )
    password: str = field(
        default="",
        repr=False,
        metadata={
            "help": "that the page and the API ask for, with any user name; better set in the environment, "
            "as flags can be read by others on the machine"
        },
    )
    open_metrics: bool = field(
        default=False, metadata={"help": "answer /metrics to other machines, too"}
    )
    log_requests: bool = field(
        default=False,
        metadata={"help": "one JSON object per request on standard error, without what was sent"},
    )
    open_browser: bool = field(default=False, metadata={"help": "open the page in a browser"})

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise UserError("setting_port", value=self.port)
        if self.threads < 0 or self.max_upload_mb < 1 or self.request_seconds < 1:
            raise UserError("setting_positive")
        if self.engine not in ENGINES:
            raise UserError("setting_engine", value=self.engine, known=", ".join(ENGINES))
        if self.ray_replicas < 1 or self.ray_cpus < 0 or self.ray_gpus < 0:
            raise UserError("setting_ray")
        if self.root_path and not self.root_path.startswith(("/", "http://", "https://")):
            raise UserError("setting_root_path", value=self.root_path)


def add_flags(parser: argparse.ArgumentParser, only: tuple[str, ...] | None = None) -> None:
    """One flag for each field of Settings (or for those named in `only`)."""
    for item in dataclasses.fields(Settings):
        if only and item.name not in only:
            continue
        flag = "--" + item.name.replace("_", "-")
        text = f"{item.metadata['help']} (default: {item.default})"
        if isinstance(item.default, bool):
            parser.add_argument(flag, dest=item.name, action="store_true", default=None, help=text)
        else:
            parser.add_argument(
                flag, dest=item.name, type=type(item.default), default=None, help=text
            )


def from_flags(flags: argparse.Namespace, environment: Mapping[str, str]) -> Settings:
    """Settings from parsed flags and environment variables.

    Raises:
        UserError: a value that cannot be used, saying which.
    """
    values: dict[str, Any] = {}
    for item in dataclasses.fields(Settings):
        flag = getattr(flags, item.name, None)
        names = (ENVIRONMENT_PREFIX + item.name.upper(), GRADIO_NAMES.get(item.name, ""))
        variable = next((name for name in names if name in environment), None)
        if flag is not None:
            values[item.name] = flag
        elif variable is not None:
            values[item.name] = _parse(variable, environment[variable], type(item.default))
    if SPACE in environment and not values.keys() & {"preset", "later"}:
        values["later"] = SPACE_PRESET
    return Settings(**values)


def _parse(variable: str, text: str, kind: type) -> object:
    if kind is bool:
        return text.strip().lower() in {"1", "true", "yes", "on"}
    try:
        return kind(text)
    except ValueError:
        raise UserError("setting_not_a_number", name=variable, value=text) from None
