"""Start again in Python's UTF-8 mode where the machine speaks ASCII (LC_ALL=C with PYTHONUTF8=0).

Chinese words and names of files would be lost there. Knows nothing about the app.
"""

from __future__ import annotations

import codecs
import os
import sys


def ensure_utf8() -> None:
    """Returns at once where letters of all languages arrive; else this very command runs anew."""
    if codecs.lookup(sys.getfilesystemencoding()).name != "ascii" or os.name == "nt":
        return
    os.environ["PYTHONUTF8"] = "1"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
