"""The classes of an evaluation: labels that mean different things to the model."""

from __future__ import annotations

from collections.abc import Sequence

from demo.models.roles import Roles


class Classes:
    """names: one label per class, in the order first given.

    Raises:
        UserError: a label the model does not know.
    """

    def __init__(self, roles: Roles, labels: Sequence[str]) -> None:
        self._roles = roles
        self._keys: dict[str, str] = {}  # label → what it means, asked once
        names: dict[str, str] = {}
        for label in labels:
            names.setdefault(self.key(label), label)
        self.names = tuple(names.values())
        self._number = {key: i for i, key in enumerate(names)}

    def key(self, label: str) -> str:
        """The model's own name for what a label means. Raises UserError for an unknown label."""
        if label not in self._keys:
            self._keys[label] = self._roles.canonical(label)
        return self._keys[label]

    def number(self, label: str) -> int | None:
        """Which class a label belongs to, None for another thing. Raises UserError as `key`."""
        return self._number.get(self.key(label))
