"""What a machine's network may do to the server: a port that is taken, a proxy between us and ourselves.

Knows nothing about gradio or models, so that a refusal comes before either has begun.
"""

from __future__ import annotations

import os
import socket
import urllib.request
from collections.abc import MutableMapping

from demo.errors import UserError

OURSELVES = ("localhost", "127.0.0.1", "::1")


def check_address(host: str, port: int) -> None:
    """Raises UserError, port_taken, where nobody can listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        raise UserError("port_taken", host=host, port=port) from error


def reach_directly(host: str, environment: MutableMapping[str, str] = os.environ) -> None:
    """Let requests to this very server pass by a proxy that the environment names.

    gradio asks its own server whether it has begun, and a proxy elsewhere would answer for it.
    """
    if not urllib.request.getproxies_environment():
        return
    passed = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if passed.strip() == "*":
        return
    names = [name for name in passed.split(",") if name.strip()]
    # Libraries read one spelling or the other.
    together = ",".join(dict.fromkeys([*names, *OURSELVES, host]))
    environment["no_proxy"] = environment["NO_PROXY"] = together
