"""A PostgreSQL of one's own, to be stopped and started, and a wire to it that can be cut."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port


@dataclass
class Cluster:
    """A server on a port of its own; root starts it as the user `postgres`, who may."""

    folder: Path
    binaries: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://newsletter@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        told = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        told += " -c shared_buffers=256MB -c max_wal_size=4GB -c max_connections=300"
        self._run(
            "pg_ctl",
            *("-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log")),
            *("-o", told, "start"),
        )

    def stop(self, how: str = "immediate") -> None:
        """`immediate` is a crash: it recovers from its log when it is started again."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "-w", "stop")

    def _run(self, program: str, *words: str) -> None:
        command = [str(self.binaries / program), *words]
        if os.getuid() == 0:
            command = ["su", "postgres", "-c", shlex.join(command)]
        done = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed; see {self.folder}/log")


@contextmanager
def cluster() -> Iterator[Cluster]:
    """Make a server, run it while the block lasts, and remove it."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        raise RuntimeError("No PostgreSQL server here. Install Debian's postgresql.")
    folder = Path(tempfile.mkdtemp(prefix="newsletter-cluster-"))
    made = Cluster(folder, found[-1].parent, _free_port())
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        made._run(
            "initdb",
            *("-D", str(folder / "data"), "-A", "trust", "-U", "newsletter"),
            *("-E", "UTF8", "--locale=C.UTF-8"),
        )
        made.start()
        yield made
    finally:
        with suppress(RuntimeError):
            made.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Wire:
    """Passes bytes on to a port until it is cut; then nothing passes, and nobody is told."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._through = threading.Event()
        self._through.set()
        self._open: set[asyncio.Transport] = set()
        self.port = 0
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Wire:
        self._thread.start()
        self._up.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def cut(self) -> None:
        """Swallow everything from now on, as a network does whose cable was pulled."""
        self._through.clear()

    def mend(self) -> None:
        """Let bytes pass again; connections that stood before are gone."""
        self._through.set()
        self._loop.call_soon_threadsafe(self._drop)

    def _drop(self) -> None:
        for one in [*self._open]:
            one.abort()

    def _run(self) -> None:
        self._loop = asyncio.new_event_loop()
        server = self._loop.run_until_complete(
            asyncio.start_server(self._join, "127.0.0.1", 0, backlog=200)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._up.set()
        self._loop.run_forever()
        server.close()
        self._drop()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not self._through.is_set():
            await asyncio.sleep(0.05)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        ends: list[asyncio.Transport] = [writer.transport, far_writer.transport]
        self._open.update(ends)
        await asyncio.gather(
            self._pass(reader, far_writer), self._pass(far_reader, writer), return_exceptions=True
        )
        self._open.difference_update(ends)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 16):
                while not self._through.is_set():
                    await asyncio.sleep(0.05)
                writer.write(data)
                await writer.drain()
        writer.close()
