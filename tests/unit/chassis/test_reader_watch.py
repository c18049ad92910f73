"""RELIABILITY finding 4: a consumer that is assigned, has messages waiting and does not move."""

import pytest
from aiokafka import TopicPartition

from services.chassis.kafka_reader import ReaderStuck, _Watch

ONE, OTHER = TopicPartition("t", 0), TopicPartition("t", 1)


def test_movement_and_idleness_are_well() -> None:
    watch = _Watch()
    for minute in range(10):
        assert not watch.stuck(lag=5, positions={ONE: minute}, now=minute * 60.0)
    for minute in range(10, 20):
        assert not watch.stuck(lag=0, positions={ONE: 9}, now=minute * 60.0)


def test_no_movement_for_a_minute_means_a_new_start_and_then_a_new_process() -> None:
    watch = _Watch()
    assert not watch.stuck(lag=5, positions={ONE: 1}, now=1000.0)
    assert not watch.stuck(lag=5, positions={ONE: 1}, now=1059.0)
    assert watch.stuck(lag=5, positions={ONE: 1}, now=1060.0)
    assert not watch.stuck(lag=5, positions={ONE: 1}, now=1119.0)
    with pytest.raises(ReaderStuck):
        watch.stuck(lag=5, positions={ONE: 1}, now=1120.0)


@pytest.mark.parametrize("lag", [0, 5])
def test_movement_after_a_new_start_is_well(lag: int) -> None:
    watch = _Watch()
    assert not watch.stuck(lag=5, positions={ONE: 1}, now=1000.0)
    assert watch.stuck(lag=5, positions={ONE: 1}, now=1060.0)
    assert not watch.stuck(lag=lag, positions={ONE: 2 if lag else 1}, now=1070.0)
    assert not watch.stuck(lag=5, positions={ONE: 3}, now=1080.0)
    assert watch.stuck(lag=5, positions={ONE: 3}, now=1140.0)


def test_other_partitions_do_not_excuse_it() -> None:
    watch = _Watch()
    assert not watch.stuck(lag=5, positions={ONE: 1}, now=1000.0)
    assert watch.stuck(lag=5, positions={ONE: 1}, now=1060.0)
    assert not watch.stuck(lag=5, positions={ONE: 1, OTHER: 1}, now=1070.0)
    with pytest.raises(ReaderStuck):
        watch.stuck(lag=5, positions={ONE: 1, OTHER: 1}, now=1130.0)
