"""Who compares vectors: one matrix product here in memory, or Qdrant, near by or on a server.

Both are given the same augmented vectors (index.py) and rank by the same inner product: they find the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

import numpy as np

from demo.errors import UserError
from demo.schema import Modality
from demo.search.index import Index

if TYPE_CHECKING:
    from qdrant_client import QdrantClient

EXACT = "exact"
GONE = "search_server_gone"  # the error of a store that does not answer ...
TAKEN = "search_folder_taken"  # ... and of a folder that another program has open
_BATCH = 1_000  # points that are sent at once
_SECONDS = 10  # that a server may take to answer


class Engine(Protocol):
    """Finds the vectors of one sense with the highest inner product."""

    name: str

    def nearest(
        self, sense: Modality, query: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Items and scores, the highest first, at most `count`. query: [D + columns] → int [n], float32 [n].

        Raises:
            UserError: search_server_gone.
        """

    def vectors(self, sense: Modality, rows: np.ndarray) -> dict[int, np.ndarray]:
        """Augmented vectors of these items, of those that have that sense. Raises UserError as nearest."""

    def close(self) -> None:
        """Nothing more will be asked."""


class Exact:
    """Everything compared with everything."""

    name = EXACT

    def __init__(self, index: Index) -> None:
        self._augmented = {m: sense.augmented for m, sense in index.senses.items()}
        self._rows = {m: sense.rows for m, sense in index.senses.items()}
        self._place = {
            m: {int(row): i for i, row in enumerate(rows)} for m, rows in self._rows.items()
        }

    def nearest(
        self, sense: Modality, query: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        scores = self._augmented[sense] @ query
        count = min(count, len(scores))
        best = np.argpartition(-scores, count - 1)[:count]
        best = best[np.lexsort((self._rows[sense][best], -scores[best]))]
        return self._rows[sense][best], scores[best]

    def vectors(self, sense: Modality, rows: np.ndarray) -> dict[int, np.ndarray]:
        place = self._place[sense]
        return {int(r): self._augmented[sense][place[int(r)]] for r in rows if int(r) in place}

    def close(self) -> None:
        self._augmented.clear()


class Qdrant:
    """One Qdrant collection, a named vector for each sense. where: “:memory:”, a folder, or http(s)://…"""

    name = "qdrant"  # to whoever searches; where it is, is the business of who runs the server

    def __init__(self, index: Index, where: str) -> None:
        self.where, self._remote = where, where.startswith("http")
        self.client = _client(where)
        self.collection = f"synesthesia-{uuid4().hex[:12]}"
        self._asking(self._fill, index)

    def nearest(
        self, sense: Modality, query: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray]:
        from qdrant_client.models import SearchParams

        found = self._asking(
            self.client.query_points,
            self.collection,
            query=query.tolist(),
            using=sense,
            limit=count,
            with_payload=False,
            search_params=SearchParams(exact=True) if self._remote else None,
            timeout=_SECONDS,
        ).points
        rows = np.array([int(point.id) for point in found], dtype=np.int64)
        return rows, np.array([point.score for point in found], dtype=np.float32)

    def vectors(self, sense: Modality, rows: np.ndarray) -> dict[int, np.ndarray]:
        points = self._asking(
            self.client.retrieve,
            self.collection,
            [int(row) for row in rows],
            with_payload=False,
            with_vectors=[sense],
        )
        return {
            int(point.id): np.asarray(point.vector[sense], np.float32)
            for point in points
            if point.vector and sense in point.vector
        }

    def close(self) -> None:
        """The collection is taken away again: the index itself is a file of ours."""
        from contextlib import suppress

        with suppress(Exception):  # whatever is gone needs no taking away
            self.client.delete_collection(self.collection)
        with suppress(Exception):
            self.client.close()

    def _fill(self, index: Index) -> None:
        from qdrant_client.models import Distance, PointStruct, VectorParams

        size = VectorParams(size=index.width, distance=Distance.DOT)
        self.client.create_collection(
            self.collection, vectors_config=dict.fromkeys(map(str, index.senses), size)
        )
        for points in _batches(index):
            self.client.upsert(
                self.collection,
                [PointStruct(id=row, vector=vector) for row, vector in points],
                wait=True,
            )

    def _asking(self, call: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Raises UserError where nobody answers."""
        from qdrant_client.http.exceptions import ApiException

        try:
            return call(*given, **named)
        except (ApiException, OSError, RuntimeError, ValueError) as error:
            raise UserError(GONE, where=_shown(self.where)) from error


def _client(where: str) -> QdrantClient:
    """Raises UserError: search_no_qdrant, search_server_gone or search_folder_taken."""
    try:
        from qdrant_client import QdrantClient
    except ImportError:
        raise UserError("search_no_qdrant") from None
    try:
        if where == ":memory:":
            return QdrantClient(":memory:")
        if where.startswith(("http://", "https://")):
            return QdrantClient(url=where, timeout=_SECONDS, check_compatibility=False)
        return QdrantClient(path=where)
    except RuntimeError as error:  # a folder's lock is another's
        raise UserError(TAKEN, where=_shown(where)) from error
    except (OSError, ValueError) as error:
        raise UserError(GONE, where=_shown(where)) from error


def _shown(where: str) -> str:
    """An address without the password that may stand in it; a folder by its name alone."""
    return where.rpartition("@")[2] if "://" in where else Path(where).name


def _batches(index: Index) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """Points with all vectors of an item, some at a time."""
    augmented = {m: sense.augmented for m, sense in index.senses.items()}
    points: dict[int, dict[str, Any]] = {}
    for modality, sense in index.senses.items():
        for row, vector in zip(sense.rows, augmented[modality], strict=True):
            points.setdefault(int(row), {})[modality] = vector.tolist()
    listed = list(points.items())
    for start in range(0, len(listed), _BATCH):
        yield listed[start : start + _BATCH]


def open_engine(index: Index, where: str = EXACT) -> Engine:
    """“exact”, “:memory:”, a folder, or the address of a Qdrant server.

    Raises:
        UserError: search_no_qdrant, search_server_gone.
    """
    return Exact(index) if where in ("", EXACT) else Qdrant(index, where)
