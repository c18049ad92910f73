"""Looking into a topic, as nobody's group."""

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from tests.fixtures.broker import PARTITIONS, Broker


async def messages(broker: Broker, topic: str, at_least: int) -> list[ConsumerRecord]:
    """Return what is in `topic`, each partition's in order, once there are `at_least` so many."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.address, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, partition) for partition in range(PARTITIONS)])
        found: list[ConsumerRecord] = []
        # The time-out of the test ends this if they never come.
        while len(found) < at_least:
            batches = await consumer.getmany(timeout_ms=200)
            found += [record for batch in batches.values() for record in batch]
        return found
    finally:
        await consumer.stop()
