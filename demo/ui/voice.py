"""The one place where trouble becomes a sentence for a person, on the page and for programs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import gradio as gr

from demo.errors import LANGUAGES, UserError
from demo.ui.html.templates import macros
from demo.ui.strings import say

log = logging.getLogger("synesthesia")


@contextmanager
def spoken(language: str, html: bool = False) -> Iterator[None]:
    """Within it, whatever is raised reaches a person as one sentence in `language`, never a traceback.

    html: the sentence will be shown as HTML (the page's toasts), so it is escaped.

    Raises:
        gr.Error: for a UserError its sentence; for anything else a general one, and the log has the rest.
    """
    try:
        yield
    except gr.Error:
        raise
    except UserError as error:
        raise _error(error.message.text(language), language, html) from error
    except Exception as error:
        log.exception("a request failed")
        raise _error(say("error_unexpected", language), language, html) from error


@contextmanager
def answering(language: str | None) -> Iterator[str]:
    """As `spoken`, for a program: within it is the language in which it is answered, empty or null being the
    first; one that we do not speak is refused."""
    language = language or LANGUAGES[0]
    with spoken(language):
        if language not in LANGUAGES:
            raise UserError("language_unknown", language=language)
        yield language


def _error(sentence: str, language: str, html: bool) -> gr.Error:
    shown = str(macros("page").toast(sentence)) if html else sentence
    return gr.Error(shown, title=say("error_title", language), print_exception=False)
