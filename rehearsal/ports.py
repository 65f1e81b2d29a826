"""Ports of loopback for processes that are about to start."""

from __future__ import annotations

import socket


class KeptPort:
    """A free port that nobody else is given until `release`.

    The socket is bound but does not listen: with SO_REUSEADDR on both sides (asyncio, uvicorn, Sanic set it) the
    process it is meant for may still bind it, while the kernel gives it to no one who asks for any port.
    """

    def __init__(self) -> None:
        self._socket = _bound()
        self.number: int = self._socket.getsockname()[1]

    def release(self) -> None:
        self._socket.close()


def free_ports(count: int) -> list[int]:
    """Ports that are free now, kept for nobody."""
    probes = [_bound() for _ in range(count)]
    try:
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _bound() -> socket.socket:
    probe = socket.socket()
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind(("127.0.0.1", 0))
    return probe
