"""The Prometheus metrics that all services have (STYLE principle 17); a service with its own has a module like this.

Labels are fixed words: names of services, methods, codes, topics, tables. Never an id of a child or a person,
never anything a caller typed (G7).
"""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

# --- Calls answered (chain.py). `code` is the name of the gRPC status code.
RPC_HANDLED = Counter("kith_rpc_handled_total", "Calls answered", ["service", "method", "code"])
RPC_SECONDS = Histogram("kith_rpc_seconds", "Time to answer a call", ["service", "method"], buckets=_SECONDS)
RPC_IN_FLIGHT = Gauge("kith_rpc_in_flight", "Calls being answered now")
# An unknown exception reached the outermost layer: a defect. Alert on any.
RPC_INTERNAL_ERRORS = Counter(
    "kith_rpc_internal_errors_total", "Calls answered INTERNAL", ["service", "method"]
)

# --- Calls made (channel.py)
CLIENT_HANDLED = Counter(
    "kith_client_handled_total", "Calls made to other services", ["service", "method", "code"]
)

# --- Tokens (caller.py). `outcome` is accepted, refused or unavailable.
TOKENS_VERIFIED = Counter(
    "kith_tokens_verified_total", "Access tokens verified, not from the cache", ["outcome"]
)
KEYS_FETCHED = Counter("kith_issuer_keys_fetched_total", "Fetches of the issuer's public keys", ["outcome"])

# --- Issuer (identity). `reason` is empty, or why it went no further: an OAuth error, wrong_password, lapsed_vetting.
# Many wrong passwords are somebody guessing; any code 500 is a defect.
ISSUER_HANDLED = Counter(
    "kith_issuer_handled_total", "HTTP requests the issuer answered", ["endpoint", "code", "reason"]
)

# --- Process (server.py)
LOOP_LAG_SECONDS = Gauge("kith_loop_lag_seconds", "How late the event loop woke up last time")
LOG_KEYS_DROPPED = Counter(
    "kith_log_keys_dropped_total", "Log fields not on the allow-list, or not identifiers"
)

# --- Database (database.py)
POOL_SIZE = Gauge("kith_pool_size", "Connections open", ["pool"])
POOL_IN_USE = Gauge("kith_pool_in_use", "Connections in use", ["pool"])
POOL_BUSY = Counter("kith_pool_busy_total", "Waits for a connection that ran into their limit", ["pool"])

# --- Outbox and its relay (outbox.py). Oldest unsent age is the lag of everything downstream.
OUTBOX_PUBLISHED = Counter("kith_outbox_published_total", "Events published", ["topic"])
OUTBOX_FAILURES = Counter("kith_outbox_failures_total", "Batches that could not be published", ["topic"])
OUTBOX_OLDEST_UNSENT_SECONDS = Gauge(
    "kith_outbox_oldest_unsent_seconds", "Age of the oldest unsent event", ["topic"]
)
OUTBOX_LEADER = Gauge("kith_outbox_leader", "1 where this process is the relay", ["topic"])

# --- Consumers (consumer.py)
CONSUMER_EVENTS = Counter(
    "kith_consumer_events_total", "Events whose effect was committed", ["topic", "group", "source"]
)
CONSUMER_FAILURES = Counter("kith_consumer_failures_total", "Batches to be tried again", ["topic", "group"])
CONSUMER_GAPS = Counter(
    "kith_consumer_gaps_total", "Version gaps seen, each followed by a catch-up", ["topic", "group"]
)
CONSUMER_LAG = Gauge("kith_consumer_lag", "Messages waiting in the assigned partitions", ["topic", "group"])
# A message no version of this consumer can read. Alert on any.
DEAD_LETTER = Counter("kith_dead_letter_total", "Messages put aside as unreadable", ["topic", "group"])

# --- Access trail (audit_outbox.py). Answers stop when the bound is reached (DESIGN 5 no. 16).
AUDIT_SHIPPED = Counter(
    "kith_audit_shipped_total", "Access records shipped to the audit service", ["service"]
)
AUDIT_FAILURES = Counter("kith_audit_failures_total", "Batches of access records not accepted", ["service"])
AUDIT_UNSHIPPED = Gauge("kith_audit_unshipped", "Access records waiting to be shipped", ["service"])
AUDIT_OLDEST_UNSHIPPED_SECONDS = Gauge(
    "kith_audit_oldest_unshipped_seconds", "Age of the oldest waiting access record", ["service"]
)

# --- Index of publications (directory). In the memory of each process.
INDEXED_PUBLICATIONS = Gauge("kith_indexed_publications", "Publications that can be found")

# --- Imports (directory). A publisher whose feed fails again and again is to be rung; INTERNAL is a defect.
IMPORT_STEPS = Counter("kith_import_steps_total", "Steps of imports that came to their end", ["step"])
IMPORT_FAILURES = Counter("kith_import_failures_total", "Imports that failed", ["failure"])
