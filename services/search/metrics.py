"""The Prometheus metrics of search alone. Labels are fixed words (services/chassis/metrics.py)."""

from prometheus_client import Counter, Gauge, Histogram

PROJECTION_WRITTEN = Counter("kith_projection_written_total", "Documents written to the index", ["outcome"])
PROJECTION_REBUILDS = Counter(
    "kith_projection_rebuilds_total", "Times that search itself asked for a new index", ["reason"]
)
# Up to the interval of catching up (5 s) when all is well. Above 10 lookups are served by the child index.
PROJECTION_BEHIND_SECONDS = Gauge(
    "kith_projection_behind_seconds", "Seconds since the index last had every change"
)
PROJECTION_LAG_SECONDS = Histogram(
    "kith_projection_lag_seconds",
    "From a change to the search that finds it, one change at a time",
    buckets=(0.1, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0),
)
# `kind` is missing, stale, surplus or newer. Of the last comparison; repaired by it.
PROJECTION_DRIFT = Gauge("kith_projection_drift", "Documents that differed from the child index", ["kind"])
PROJECTION_COMPARED = Counter(
    "kith_projection_compared_total", "Comparisons with the child index", ["outcome"]
)
