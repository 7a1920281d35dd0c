"""Processes that are born quickly: it imports the program once and forks for each command.

A command takes a second to import what it needs, which a drill of hundreds of rounds cannot
spend each time. What is forked is a process of its own, which can be killed like any other.
Requests come as lines of JSON on standard input (`words`, `env`, `log`, `largest_file`);
answers are lines of JSON: `{"born": PID}` and `{"ended": PID, "code": CODE}`.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

_LATE = ("newsletter.deliver.sendgrid", "newsletter.serving", "newsletter.sending.telling")
_OURS = ("NEWSLETTER_", "SENDGRID_", "DATABASE_URL")


def _child(wanted: dict[str, Any]) -> None:
    log = os.open(wanted["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    if largest := wanted["largest_file"]:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    os.environ.update(wanted["env"])
    sys.argv = ["newsletter", *wanted["words"]]
    from newsletter.cli import main

    code = 1
    try:
        main()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve() -> None:
    # The program imports what a command needs; here all is there before the first one is born.
    from newsletter.cli.table import COMMANDS, part_commands

    for part in {part for part, _ in COMMANDS.values()}:
        part_commands(part)
    for name in _LATE:
        import_module(name)

    while True:
        readable, _, _ = select.select([0], [], [], 0.01)
        if readable:
            line = sys.stdin.readline()
            if not line:
                return
            pid = os.fork()
            if pid == 0:
                _child(json.loads(line))
            print(json.dumps({"born": pid}), flush=True)
        _tell_ends()


def _tell_ends() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        print(json.dumps({"ended": pid, "code": os.waitstatus_to_exitcode(status)}), flush=True)


@dataclass
class Nursery:
    """Starts commands of the program that lies at `root` and tells how they ended."""

    root: Path
    codes: dict[int, int] = field(default_factory=dict)
    _heard: bytes = b""
    _alone: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> Nursery:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.drill.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=self.root,
            env={**kept, "PYTHONPATH": str(self.root)},
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def start(self, *words: str, env: dict[str, str], log: Path, largest_file: int = 0) -> int:
        """Start a command and give the number of its process.

        No file of it grows past `largest_file` bytes: what a full disk is like.
        """
        assert self._process.stdin is not None
        with self._alone:
            return self._start(words, env, log, largest_file)

    def _start(
        self, words: tuple[str, ...], env: dict[str, str], log: Path, largest_file: int
    ) -> int:
        assert self._process.stdin is not None
        wanted = {"words": words, "env": env, "log": str(log), "largest_file": largest_file}
        self._process.stdin.write(json.dumps(wanted) + "\n")
        while "born" not in (told := self._listen()):
            pass
        return int(told["born"])

    def wait(self, pid: int, seconds: float = 120.0) -> int | None:
        """Wait until a command ends and give its exit code; None if it is still at work."""
        until = time.monotonic() + seconds
        while pid not in self.codes:
            left = until - time.monotonic()
            if left <= 0:
                return None
            with self._alone:
                if pid not in self.codes:
                    self._listen(min(left, 0.2))
        return self.codes[pid]

    def kill(self, pid: int) -> int:
        """Kill a command as a power cut would, if it is still there; give its exit code."""
        if pid not in self.codes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        code = self.wait(pid)
        assert code is not None, f"process {pid} outlives SIGKILL"
        return code

    def _listen(self, seconds: float = 60.0) -> dict[str, int]:
        """The next answer, or nothing after so many seconds."""
        assert self._process.stdout is not None
        # Read by hand: what lies in a buffer of Python's is nothing that select sees.
        handle = self._process.stdout.fileno()
        while b"\n" not in self._heard:
            if not select.select([handle], [], [], seconds)[0]:
                return {}
            self._heard += os.read(handle, 65536)
        line, _, self._heard = self._heard.partition(b"\n")
        told: dict[str, int] = json.loads(line)
        if "ended" in told:
            self.codes[told["ended"]] = told["code"]
        return told


if __name__ == "__main__":
    _serve()
