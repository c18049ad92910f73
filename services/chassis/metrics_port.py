"""The HTTP port of `/metrics`, which Prometheus reads."""

from collections.abc import Callable

from prometheus_client import start_http_server

from services.chassis.port import PortTaken


def serve_metrics(address: str, port: int) -> Callable[[], None]:
    """Begin to serve the metrics in a thread; return what ends it. Port 0 switches it off. Raises PortTaken."""
    if not port:
        return lambda: None
    try:
        http, thread = start_http_server(port, address)
    except OSError:
        raise PortTaken(port) from None

    def stop() -> None:
        http.shutdown()
        http.server_close()
        thread.join()

    return stop
