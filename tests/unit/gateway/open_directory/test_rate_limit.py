"""How often one client may ask, in bounded memory."""

from hypothesis import given
from hypothesis import strategies as st

from services.gateway.open_directory.rate_limit import RateLimit, client_of


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_then_as_often_as_the_rate() -> None:
    clock = Clock()
    limit = RateLimit(60, clock=clock)
    assert [limit.wait("192.0.2.1") for _ in range(10)] == [0] * 10
    assert limit.wait("192.0.2.1") == 1.0
    assert limit.wait("192.0.2.1") == 1.0, "what was refused is not counted"
    clock.now += 1
    assert limit.wait("192.0.2.1") == 0
    assert limit.wait("192.0.2.1") == 1.0


def test_clients_do_not_hinder_each_other() -> None:
    limit = RateLimit(6, clock=Clock())
    assert limit.wait("192.0.2.1") == 0
    assert limit.wait("192.0.2.2") == 0
    assert limit.wait("192.0.2.1") > 0


def test_an_ipv6_network_is_one_client() -> None:
    assert client_of("2001:db8:1:2::5") == client_of("2001:db8:1:2:ffff::9") != client_of("2001:db8:1:3::5")
    assert client_of("::ffff:192.0.2.1") == client_of("192.0.2.1")
    assert client_of("unknown") == client_of("") == ""


def test_nobody_is_remembered_for_longer_than_needed() -> None:
    clock = Clock()
    limit = RateLimit(60, clock=clock)
    for last in range(100):
        limit.wait(f"192.0.2.{last}")
    assert len(limit) == 100
    clock.now += 2
    limit.wait("198.51.100.1")
    assert len(limit) == 1


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 3)), max_size=200))
def test_never_more_than_burst_and_rate_allow(asked: list[tuple[int, float]]) -> None:
    """Whoever asks how ever: in any time no more is admitted, and memory stays within its bound."""
    clock = Clock()
    limit = RateLimit(60, most_clients=50, clock=clock)
    admitted: dict[int, list[float]] = {}
    for client, pause in asked:
        clock.now += pause
        if limit.wait(f"192.0.2.{client}") == 0:
            admitted.setdefault(client, []).append(clock.now)
        assert len(limit) <= 50
    for times in admitted.values():
        for first, start in enumerate(times):
            for count, end in enumerate(times[first:], start=1):
                assert count <= 10 + (end - start) + 1e-6


def test_the_bound_forgets_whoever_came_least_lately() -> None:
    limit = RateLimit(6, most_clients=2, clock=Clock())
    for last in (1, 2, 3):
        limit.wait(f"192.0.2.{last}")
    assert len(limit) == 2
    assert limit.wait("192.0.2.3") > 0
    assert limit.wait("192.0.2.1") == 0
