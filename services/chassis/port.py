"""Taking a port, and saying plainly which one was not free."""

import grpc

from services.chassis.config import BadSettings


class PortTaken(BadSettings):
    """Something else listens on the port; says which."""


def listen(server: grpc.aio.Server, address: str, port: int) -> int:
    """Make a gRPC server listen and return its port (a free one for 0). Raises PortTaken."""
    try:
        return server.add_insecure_port(f"{address}:{port}")
    except RuntimeError:
        raise PortTaken(f"port {port} is taken by something else") from None
