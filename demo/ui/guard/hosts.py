"""By which names this server answers, and which pages may send it something.

A browser on the machine of a person who runs the server is the deputy to fear: a page of elsewhere may
make it call 127.0.0.1, or give its own name that address (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from demo.settings import Settings

LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE = frozenset({"0.0.0.0", "::", ""})
SPACES = "*.hf.space"  # names that Hugging Face alone can point anywhere
FRAMES_OF_SPACES = "https://huggingface.co https://*.huggingface.co https://*.hf.space"


@dataclass(frozen=True)
class Hosts:
    """names: exact, in lower case, "*.name" for every name below it, or "*"; addresses: whether any bare
    IP address will do, which no rebinding can fake; pages: names whose pages may also send something;
    frames: who may show this page inside theirs, as a content policy says it."""

    names: frozenset[str]
    addresses: bool = False
    pages: frozenset[str] = frozenset()
    frames: str = ""

    def trusts(self, host: str) -> bool:
        """Whether a Host header (with or without port) names this server."""
        name = host_name(host)
        return bool(name) and (
            _among(name, self.names) or name in LOCAL or (self.addresses and _is_address(name))
        )

    def may_send(self, origin: str, host: str) -> bool:
        """Whether a page from `origin` may send something to this server, called `host`."""
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return False
        return parts.netloc.lower() == host.lower() or _among(host_name(parts.netloc), self.pages)


def hosts_of(settings: Settings, environment: Mapping[str, str]) -> Hosts:
    """From what the person said, where the server listens, and whether it is a Space.

    Listening on this machine alone: its local names. Listening to the network: also its own name and any
    bare address. On a Space: the Space's names. Always: settings.trusted_hosts.
    """
    said = {name.strip().lower() for name in settings.trusted_hosts.split(",")} - {""}
    space = {name.strip().lower() for name in environment.get("SPACE_HOST", "").split(",")} - {""}
    on_space = bool(space or environment.get("SPACE_ID"))
    names = said | space | ({SPACES} if on_space else set())
    if not on_space and settings.host in EVERYWHERE:
        own = socket.gethostname().lower()
        names |= {own, f"{own}.local"} | {socket.getfqdn().lower()}
    elif settings.host not in EVERYWHERE:
        names |= {host_name(settings.host)}
    return Hosts(
        names=frozenset(names),
        addresses=settings.host in EVERYWHERE,
        pages=frozenset(said | space),
        frames=FRAMES_OF_SPACES if on_space else _frames(said),
    )


def is_local(scope: Scope) -> bool:
    """Whether a request comes from this very machine, and not through a proxy that runs on it."""
    headers = Headers(scope=scope)
    passed_on = any(
        name in headers for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")
    )
    client = scope.get("client") or ("", 0)
    return client[0] in LOCAL and host_name(headers.get("host", "")) in LOCAL and not passed_on


def _frames(names: set[str]) -> str:
    """The pages of these names, at any port, as a content policy lists them."""
    return "*" if "*" in names else " ".join(f"{name}:*" for name in sorted(names))


def host_name(host: str) -> str:
    """The name in "name:port", "[address]:port" or either without port; "" when it is none."""
    host = host.strip().lower()
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _among(name: str, known: frozenset[str]) -> bool:
    """Whether a name is known, or lies below one that is known with all its names."""
    below = {f"*.{name.split('.', cut)[cut]}" for cut in range(1, name.count(".") + 1)}
    return bool(known & {name, "*", *below})


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
