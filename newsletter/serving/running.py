"""Runs the web server: takes a port, says where it is, ends when it is asked to."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn

from newsletter import journal
from newsletter.errors import NewsletterError, Refused
from newsletter.serving.building import application
from newsletter.serving.chores import chores
from newsletter.wiring import House

# How long requests that are being answered may take once the server is asked to stop.
_GRACE = 10

# A port that is taken and waits to be served.
Bound = socket.socket


def serve(
    house: House, host: str, port: int, *, ready: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGTERM or SIGINT; `ready` hears the address once it answers.

    Call it from the main thread. Raises `Refused` if the port is taken.
    """
    bound = listen(host, port)
    journal.also_from_libraries()
    with bound, chores(house):
        server = _Server(house, ready=ready and (lambda: ready(address(bound))))
        with _on_signals(server):
            server.run(sockets=[bound])
        house.stop.set()


@contextmanager
def background(house: House, at: Bound | None = None) -> Iterator[str]:
    """Serve in a thread, on the port that `listen` gave or a free one of loopback; say where.

    Links in mails and pages show `NEWSLETTER_BASE_URL`: where they matter, listen first and
    build the house with that address.
    """
    bound = at or listen("127.0.0.1", 0)
    up = threading.Event()
    server = _Server(house, ready=up.set)
    thread = threading.Thread(target=server.run, args=([bound],), name="web", daemon=True)
    with bound, chores(house):
        thread.start()
        while not up.wait(0.05):
            if not thread.is_alive():
                raise NewsletterError("The web server ended as it began; its log says why.")
        try:
            yield address(bound)
        finally:
            server.should_exit = True
            thread.join()


def listen(host: str, port: int) -> Bound:
    """Take a port (0: any that is free); raise `Refused` with the cure if that cannot be."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Refused(f"{host} is no address of this machine: {error}. Use --host.") from error
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(place)
        # Two servers may bind one port before either listens (socket(7), SO_REUSEADDR).
        bound.listen(socket.SOMAXCONN)
    except OSError as error:
        bound.close()
        raise Refused(
            f"Nothing can listen on {host}, port {port}: {error.strerror}. "
            "Stop what runs there, or choose another one with --port."
        ) from error
    return bound


def address(bound: Bound) -> str:
    """`http://127.0.0.1:8000`, to open in a browser."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """Says when it is up, and leaves signals to us: raised again, SIGTERM would end the
    process before anything is closed."""

    def __init__(self, house: House, *, ready: Callable[[], None] | None) -> None:
        proxies = house.settings.web.trusted_proxies
        super().__init__(
            uvicorn.Config(
                application(house),
                # Whoever may say where a request comes from may be anybody: none unless named.
                proxy_headers=bool(proxies),
                forwarded_allow_ips=list(proxies),
                # Addresses hold readers' and editors' tokens.
                access_log=False,
                log_config=None,
                log_level="warning",
                server_header=False,
                lifespan="off",
                ws="none",
                timeout_graceful_shutdown=_GRACE,
            )
        )
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._ready:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def _on_signals(server: _Server) -> Iterator[None]:
    """Let SIGTERM and SIGINT end the server; a second SIGINT does not wait for requests."""

    def asked(number: int, _frame: FrameType | None) -> None:
        server.force_exit = server.should_exit and number == signal.SIGINT
        server.should_exit = True

    before = {one: signal.signal(one, asked) for one in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
