"""Taking a port, and saying plainly which one was not free."""

import grpc

from services.chassis.telemetry import log


class PortTaken(Exception):
    """Something else listens on the port. The log says which."""


def listen(server: grpc.aio.Server, address: str, port: int) -> int:
    """Make a gRPC server listen and return its port (a free one for 0). Raises PortTaken."""
    try:
        return server.add_insecure_port(f"{address}:{port}")
    except RuntimeError:
        log.error("the port is taken", port=port)
        raise PortTaken from None
