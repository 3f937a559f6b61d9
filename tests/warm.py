"""Python without the wait: a process that has imported what takes seconds, and forks.

`python warm.py serve FD` listens at the socket FD until its standard input ends. `python warm.py SOCKET …`
does what `python …` would (-u or -B, then -c, -m or a file), with its own folder, environment, streams and
signals, and ends as that does. What reads the environment when it is imported, as gradio does, is left to it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from types import ModuleType

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LIBRARIES = (  # of the tests, and what gradio imports
    "captum.attr fastapi jiwer mcp.server.fastmcp pandas playwright.sync_api sklearn.metrics torchmetrics"
).split()
PASSED_ON = signal.SIGINT, signal.SIGTERM

VARIABLE = "WARM_PYTHON"
# For programs that tests start: a warm Python where there is one (pytest -n), else a usual one; and the
# statement after which this project is not imported yet in either.
PYTHON = shlex.split(os.environ.get(VARIABLE, "")) or [sys.executable]
ANEW = "import sys; [sys.modules.pop(m) for m in [*sys.modules] if m.partition('.')[0] == 'demo']"


@contextlib.contextmanager
def interpreter() -> Iterator[str]:
    """The command that is a warm Python until the block ends."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as ear:
        ear.bind(os.path.join(folder, "warm"))
        ear.listen()
        server = subprocess.Popen(
            [sys.executable, __file__, "serve", str(ear.fileno())],
            env={**os.environ, "OMP_NUM_THREADS": "1"},  # what has threads cannot be forked
            stdin=subprocess.PIPE,
            pass_fds=[ear.fileno()],
            start_new_session=True,  # Ctrl+C is for those who asked
        )
        path = ear.getsockname()
        ear.close()  # so that nobody waits for a server that is no more
        with server:  # closes its standard input, and waits
            yield shlex.join([sys.executable, "-I", "-S", __file__, path])


def serve(ear: socket.socket) -> list[str]:
    """Returns in the forked only: what `python` is to do there."""
    import_everything()
    while True:
        ready, _, _ = select.select([ear, sys.stdin], [], [])
        bury()
        if sys.stdin in ready:
            sys.exit()
        asked, _ = ear.accept()
        with asked:
            if os.fork() == 0:
                ear.close()
                return kept(asked)


def bury() -> None:
    """Wait for the keepers that have ended: what they took is counted as the server's."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def import_everything() -> None:
    sys.path[0] = ROOT
    gc.disable()
    import demo

    found = pkgutil.walk_packages(demo.__path__, "demo.", onerror=lambda name: None)
    for name in [*(module.name for module in found), *LIBRARIES]:
        if not name.startswith("demo.ui") and not name.endswith("__main__"):
            with contextlib.suppress(Exception):  # whoever needs it will say what is wrong with it
                importlib.import_module(name)
    gc.freeze()  # or whoever looks for garbage would copy it all
    gc.enable()


def kept(asked: socket.socket) -> list[str]:
    """Returns in a fork: the keeper waits for it, says how it ended, and ends it if nobody listens."""
    first, streams, *_ = socket.recv_fds(asked, 1, 3)
    given = json.loads(first + asked.makefile("rb").readline())
    if (pid := os.fork()) == 0:
        return settled(streams, **given)
    for stream in streams:
        os.close(stream)
    asked.sendall(b"%d\n" % pid)
    threading.Thread(target=ended_with, args=(asked, pid), daemon=True).start()
    _, status = os.waitpid(pid, 0)
    with contextlib.suppress(OSError):
        asked.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def ended_with(asked: socket.socket, pid: int) -> None:
    asked.recv(1)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def settled(
    streams: list[int], folder: str, environment: dict[str, str], arguments: list[str]
) -> list[str]:
    """As a new process finds itself; → its arguments."""
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    sys.orig_argv = [sys.executable, *arguments]
    return arguments


def run(arguments: list[str]) -> None:
    """What `python` does with its arguments."""
    while arguments[0] in ("-u", "-B"):
        arguments = arguments[1:]
    kind, *rest = arguments
    if kind == "-m":
        sys.argv, sys.path[0] = rest, os.getcwd()
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif kind == "-c":
        sys.argv, sys.path[0] = ["-c", *rest[1:]], ""
        main = sys.modules["__main__"] = ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), main.__dict__)
    else:
        sys.argv, sys.path[0] = arguments, os.path.dirname(os.path.abspath(kind))
        runpy.run_path(kind, run_name="__main__")


def ask(path: str, arguments: list[str]) -> int:
    """Have a fork do it; → its exit status, below 0 for the number of a signal."""
    asked = {"folder": os.getcwd(), "environment": dict(os.environ), "arguments": arguments}
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(path)
        message = json.dumps(asked).encode() + b"\n"
        socket.send_fds(server, [message[:1]], [0, 1, 2])
        server.sendall(message[1:])
        told = server.makefile("rb")
        pid = int(told.readline())
        for number in PASSED_ON:
            signal.signal(number, lambda number, _: os.kill(pid, number))
        return int(told.readline())


def main(first: str, *rest: str) -> None:
    if first == "serve":
        run(serve(socket.socket(fileno=int(rest[0]))))
    elif (status := ask(first, list(rest))) < 0:
        if -status in PASSED_ON:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    else:
        sys.exit(status)


if __name__ == "__main__":
    main(*sys.argv[1:])
