"""What service tests run on: real PostgreSQL, the embedded broker, and real Kafka where it is there."""

from tests.fixtures.broker import broker, kafka_settings, own_broker
from tests.fixtures.postgres import own_postgres, postgres, service_database

__all__ = ["broker", "kafka_settings", "own_broker", "own_postgres", "postgres", "service_database"]
