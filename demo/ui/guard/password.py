"""Whether a request knows the password, where there is one (HTTP Basic, RFC 7617, any user name)."""

from __future__ import annotations

import base64
import binascii
import hmac

from starlette.datastructures import Headers

ASKS = 'Basic realm="Synesthesia", charset="UTF-8"'  # makes a browser ask
FREE = ("/health", "/gradio_api/startup-events")  # say nothing, and are asked by machines


def knows(headers: Headers, password: str) -> bool:
    """Whether a request holds the password; compared in a time that does not depend on what it holds."""
    scheme, _, held = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        _, colon, given = base64.b64decode(held, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return False
    return bool(colon) and hmac.compare_digest(given, password.encode())
