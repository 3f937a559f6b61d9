"""Each role of a preset as a Ray Serve deployment, and handles by which a front asks them.

The only file that knows Ray. Whatever it starts ends with it; on a cluster that is already running it joins
in, and leaves the deployments of a front that came before as they are. docs/scaling.md.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import Any, cast

from demo.errors import UserError
from demo.models.roles import Roles
from demo.pipeline import Pipeline
from demo.serving import memory
from demo.serving.batches import LOOK, WINDOW
from demo.serving.elsewhere import Elsewhere, Reply
from demo.serving.engine import Local
from demo.serving.explaining import Explainer, ExplainsElsewhere
from demo.serving.placement import BUDGET, EXPLAIN, Placed, cost, places
from demo.serving.replica import Replica
from demo.serving.roles import batched
from demo.settings import Settings

NAMESPACE = "synesthesia"
STORE = 200 * 1024**2  # bytes for what travels, where Ray is started here
IN_FLIGHT = 4 * BUDGET  # calls that a replica is given at once; what is beyond waits in the front
START = 600.0  # seconds in which everything that was placed must have begun
# Ray makes way for everything else on a machine, and tells its makers how it is used, unless told not to.
_VARIABLES = {"RAY_worker_niceness": "0", "RAY_USAGE_STATS_ENABLED": "0"}
EXPLAINED = 2  # questions that a replica makes heatmaps for at once; each takes seconds
BUSY = 8  # calls in flight from which another replica is started


@contextmanager
def ray_roles(settings: Settings) -> Iterator[RayRoles]:
    """Within it roles can be placed on Ray.

    Raises:
        UserError: ray_missing, or ray_unreachable where settings.ray_address answers nothing.
    """
    for name, value in _VARIABLES.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        from ray import serve
    except ImportError:
        raise UserError("ray_missing") from None
    own: dict[str, Any] = {"object_store_memory": STORE, "include_dashboard": False}
    try:
        ray.init(
            address=settings.ray_address or "local",
            namespace=NAMESPACE,
            log_to_driver=False,
            configure_logging=False,
            **({} if settings.ray_address else own),
        )
    except ConnectionError:
        raise UserError("ray_unreachable", address=settings.ray_address) from None
    try:
        serve.start(proxy_location="Disabled")  # the page is the only way in
        yield RayRoles(settings)
    finally:
        if not settings.ray_address:  # nobody else has it
            serve.shutdown()
        ray.shutdown()


class RayRoles:
    """Places roles as a pipeline is opened with them; `batches` asks for what was placed."""

    def __init__(self, settings: Settings) -> None:
        from ray.exceptions import ObjectLostError, RayActorError, WorkerCrashedError
        from ray.serve.exceptions import DeploymentUnavailableError

        lost = (RayActorError, WorkerCrashedError, ObjectLostError, DeploymentUnavailableError)
        self.settings = settings
        self.handles: dict[str, Any] = {}
        self.batches = Elsewhere(self._send, (), lost)

    def __call__(self, roles: Roles, name: str) -> Roles:
        """The same roles, asked elsewhere; those that settings.ray_roles does not name are asked here."""
        wanted = self._wanted()
        kinds = [kind for kind in sorted(places(roles, name)) if kind.rsplit("/", 1)[1] in wanted]
        self.handles |= deployed(self.settings, kinds)
        self.batches.kinds |= frozenset(kinds)
        return batched(roles, name, self.batches)

    def later(self) -> Local:
        """See Engine."""
        return Local(self.settings.device)

    def explaining(self, pipeline: Pipeline) -> Pipeline:
        """The same pipeline, its heatmaps made elsewhere where settings.ray_roles names them."""
        if EXPLAIN not in self._wanted():
            return pipeline
        kind = f"{pipeline.preset}/{EXPLAIN}"
        self.handles |= deployed(self.settings, [kind])
        return cast(Pipeline, ExplainsElsewhere(pipeline, self.batches, kind))

    def _wanted(self) -> list[str]:
        return self.settings.ray_roles.replace(" ", "").split(",")

    def wait(self) -> None:
        """Until everything that was placed runs.

        Raises:
            UserError: replica_failed, where something cannot, or does not within START.
        """
        from ray import serve

        ends = time.monotonic() + START
        waiting = {_named(kind) for kind in self.handles}
        while waiting:
            found = serve.status().applications
            waiting = {name for name in waiting if found[name].status != "RUNNING"}
            for name in waiting:
                if found[name].status == "DEPLOY_FAILED" or time.monotonic() > ends:
                    last = (found[name].message.strip().splitlines() or [found[name].status])[-1]
                    raise UserError("replica_failed", name=name, why=last)
            time.sleep(LOOK)

    def _send(self, kind: str, placed: Placed) -> Any:
        return self.handles[kind].remote(placed)


def deployed(settings: Settings, kinds: Sequence[str]) -> dict[str, Any]:
    """A handle for each kind; what does not run yet is started, and not waited for."""
    from ray import serve

    running = serve.status().applications
    new = [
        serve.RunTarget(_deployment(settings, kind), name=_named(kind), route_prefix=None)
        for kind in kinds
        if _named(kind) not in running
    ]
    if new:
        serve.run_many(new, wait_for_applications_running=False)
    return {kind: serve.get_app_handle(_named(kind)) for kind in kinds}


def _named(kind: str) -> str:
    return "synesthesia-" + kind.replace("/", "-")


def _deployment(settings: Settings, kind: str) -> Any:
    """More replicas where many calls wait; any part of a GPU."""
    held = dataclasses.replace(settings, threads=settings.threads or 1, password="")
    if kind.rsplit("/", 1)[1] == EXPLAIN:
        return _explaining(settings, kind).bind(held)
    return _computing(settings, kind).bind(held, kind)


def _placing(settings: Settings, kind: str, in_flight: int, busy: int) -> dict[str, Any]:
    """What Ray Serve is told about a deployment. in_flight: calls that a replica is given at once; busy: of
    those, from how many on another replica is started."""
    return {
        "name": _named(kind),
        "ray_actor_options": {"num_cpus": settings.ray_cpus, "num_gpus": settings.ray_gpus},
        "max_ongoing_requests": in_flight,
        "autoscaling_config": {
            "min_replicas": 1,
            "max_replicas": settings.ray_replicas,
            "target_ongoing_requests": busy,
        },
    }


def _computing(settings: Settings, kind: str) -> Any:
    """A role, batched by what items cost."""
    from ray import serve

    @serve.deployment(**_placing(settings, kind, IN_FLIGHT, BUSY))
    class Computing:
        def __init__(self, settings: Settings, kind: str) -> None:
            memory.hold_little()
            self.replica = Replica(settings, kind)
            memory.give_back()  # what the models of other kinds took

        @serve.batch(max_batch_size=BUDGET, batch_wait_timeout_s=WINDOW, batch_size_fn=cost)
        async def together(self, given: list[Placed]) -> list[Reply]:
            return await asyncio.to_thread(self.replica.compute, given)

        async def __call__(self, placed: Placed) -> Reply:
            return await self.together(placed)

    return Computing


def _explaining(settings: Settings, kind: str) -> Any:
    """A pipeline that makes heatmaps, and ends those that nobody waits for."""
    from ray import serve

    @serve.deployment(**_placing(settings, kind, EXPLAINED, 1))
    class Explaining:
        def __init__(self, settings: Settings) -> None:
            memory.hold_little()
            self.explainer = Explainer(settings)

        async def __call__(self, placed: Placed) -> Reply:
            left = Event()
            try:
                return await asyncio.to_thread(self.explainer.compute, placed, left.is_set)
            except asyncio.CancelledError:
                left.set()
                raise

    return Explaining
