"""The Prometheus metrics of the child index alone. Labels are fixed words (services/chassis/metrics.py)."""

from prometheus_client import Counter

# `engine` is opensearch or postgresql.
LOOKUP_SERVED_BY = Counter(
    "kith_lookup_served_by_total", "Candidate lookups by the engine that served them", ["engine"]
)
