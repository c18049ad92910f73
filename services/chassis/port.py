"""Taking a port, and saying plainly which one was not free."""

import socket

import grpc

from services.chassis.config import BadSettings

_BACKLOG = 256


class PortTaken(BadSettings):
    """Something else listens on the port; says which."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is taken by something else")


def listen(
    server: grpc.aio.Server, address: str, port: int, credentials: grpc.ServerCredentials | None = None
) -> int:
    """Make a gRPC server listen, in plain text without credentials; return its port (a free one for 0).

    Raises PortTaken.
    """
    try:
        if credentials is not None:
            return server.add_secure_port(f"{address}:{port}", credentials)
        return server.add_insecure_port(f"{address}:{port}")
    except RuntimeError:
        raise PortTaken(port) from None


def open_socket(address: str, port: int) -> socket.socket:
    """Return a listening socket for an HTTP server (of a free port for 0). Raises PortTaken.

    Opened before anything else is started, so that a port which is taken stops nothing half-way.
    """
    try:
        return socket.create_server((address, port), backlog=_BACKLOG)
    except OSError:
        raise PortTaken(port) from None
