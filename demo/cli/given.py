"""What flags say about settings, the sample and its labels."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from demo.schema import Sample
from demo.settings import Settings, from_flags


def settings_of(flags: argparse.Namespace) -> Settings:
    return from_flags(flags, os.environ)


def sample_of(flags: argparse.Namespace) -> Sample:
    from demo.inputs import read_sample

    limit = settings_of(flags).max_upload_mb
    return read_sample(flags.image, flags.audio, flags.text, limit)


def labels_of(flags: argparse.Namespace) -> Sequence[str] | None:
    from demo.inputs import parse_labels

    return None if flags.labels is None else parse_labels(flags.labels)
