"""The table of Kith's processes on one machine: what runs, in which order, with which settings."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.engines import kafka, opensearch
from deploy.local import health, postgres
from deploy.local.authority import Authority
from deploy.local.ports import Ports
from deploy.local.process import Process
from deploy.local.secrets import Secrets

SERVICES = ("identity", "directory", "consent", "audit", "child_index", "search", "gateway")
DATABASES = ("identity", "directory", "consent", "audit", "child_index", "gateway")
TOPICS = (
    "kith.childindex.v1.child-events",
    "kith.directory.v1.directory-events",
    "kith.consent.v1.consent-events",
)

AGENCY = "agency"
"""Who holds the certificate of an agency's system."""

_DEPENDS_ON = {
    "identity": (),
    "directory": ("identity", "kafka"),
    "consent": ("identity", "audit", "kafka"),
    "audit": ("identity",),
    "child_index": ("identity", "directory", "consent", "audit", "kafka"),
    "search": ("identity", "child_index", "kafka"),
    "gateway": ("identity", "directory", "consent", "audit", "child_index", "search"),
}
_PARTITIONS = 4
_MODULE = (sys.executable, "-m")
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class TlsFiles:
    """Somebody's certificate, its key, and the authorities to trust, PEM."""

    certificate: Path
    key: Path
    authorities: Path


@dataclass(frozen=True)
class Layout:
    """Which fleet: its state folder and ports, and which parts are the real ones."""

    home: Path
    ports: Ports
    twins: bool = False
    real_kafka: bool = False
    real_opensearch: bool = False
    fsync: bool = True
    tls: bool = False
    """Whether services show each other certificates, as they do in production; each fleet is its own authority."""

    @property
    def secrets(self) -> Secrets:
        """Where its keys lie; `table` makes them."""
        return Secrets(self.home / "secrets")

    @property
    def issuer(self) -> str:
        """The address of the issuer of tokens."""
        return f"http://127.0.0.1:{self.ports['issuer']}"

    @property
    def gateway(self) -> str:
        """The address of the pages."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def kafka(self) -> str:
        """The address of the broker, embedded or real."""
        return f"127.0.0.1:{self.ports['kafka']}"

    @property
    def opensearch(self) -> str:
        """The address of OpenSearch, where it runs."""
        return f"http://127.0.0.1:{self.ports['opensearch']}"

    def certificate(self, holder: str) -> TlsFiles:
        """Where the certificate of a service or of an agency's system (`agency`) lies; `table` makes them."""
        folder = self.home / "tls"
        return TlsFiles(folder / f"{holder}.crt", folder / f"{holder}.key", folder / "authority.crt")

    def instances(self, service: str) -> list[str]:
        """The names of its processes: itself, or itself and its twin."""
        return [service, f"{service}-2"] if self.twins else [service]

    def target(self, service: str) -> str:
        """The gRPC target of a service, with all its instances."""
        return "ipv4:" + ",".join(f"127.0.0.1:{self.ports[name]}" for name in self.instances(service))

    def addresses(self) -> dict[str, str]:
        """KITH_ISSUER and KITH_<SERVICE>_ADDRESS, for services and for clients such as the demo."""
        targets = {
            f"KITH_{name.upper()}_ADDRESS": self.target(name) for name in SERVICES if name != "gateway"
        }
        return {"KITH_ISSUER": self.issuer, **targets}


def table(layout: Layout) -> list[Process]:
    """Make the secrets where they are missing, and return the rows of the fleet.

    Raises EngineUnavailable if a real engine is asked for that can't be run here.
    """
    layout.home.mkdir(parents=True, exist_ok=True)
    layout.secrets.prepare(_database_folder(layout), DATABASES, layout.ports)
    if layout.tls:
        _certify(layout)
    rows = [*_postgres(layout), *_kafka(layout), *_opensearch(layout)]
    rows += [_migration(layout, service) for service in DATABASES]
    rows += [_service(layout, service, name) for service in SERVICES for name in layout.instances(service)]
    return rows


def _certify(layout: Layout) -> None:
    authority = Authority()
    for holder in (*SERVICES, AGENCY):
        files = layout.certificate(holder)
        files.authorities.parent.mkdir(mode=0o700, exist_ok=True)
        files.authorities.write_bytes(authority.pem)
        service = None if holder == AGENCY else holder.replace("_", "-")
        authority.issue(files.certificate, files.key, service=service)


def _database_folder(layout: Layout) -> Path:
    return layout.home / "postgres"


def _postgres(layout: Layout) -> list[Process]:
    folder = _database_folder(layout)
    return [
        postgres.process("postgres", folder, fsync=layout.fsync),
        Process(
            name="databases",
            command=[*_MODULE, "deploy.local.databases", str(folder), *DATABASES],
            depends_on=["postgres"],
            one_shot=True,
        ),
    ]


def _kafka(layout: Layout) -> list[Process]:
    if not layout.real_kafka:
        port = str(layout.ports["kafka"])
        command = [*_MODULE, "deploy.local.broker", "--port", port]
        ready = health.listening(layout.kafka)
        return [Process(name="kafka", command=command, health=ready, address=layout.kafka)]
    topics = [name for topic in TOPICS for name in (topic, f"{topic}.dead-letter")]
    broker = Process(
        name="kafka",
        command=kafka.command(layout.home / "kafka", layout.ports["kafka"]),
        health=kafka.serving(layout.kafka),
        address=layout.kafka,
    )
    creation = Process(
        name="topics",
        command=[*_MODULE, "deploy.engines.topics", layout.kafka, str(_PARTITIONS), *topics],
        depends_on=["kafka"],
        one_shot=True,
    )
    return [broker, creation]


def _opensearch(layout: Layout) -> list[Process]:
    if not layout.real_opensearch:
        return []
    folder, ports = layout.home / "opensearch", layout.ports
    return [
        Process(
            name="opensearch",
            command=opensearch.command(folder, ports["opensearch"], ports["opensearch transport"]),
            health=opensearch.serving(layout.opensearch),
            address=layout.opensearch,
            # Ten seconds by itself; several times that on a machine that has other work.
            ready_within=240.0,
        )
    ]


def _migration(layout: Layout, service: str) -> Process:
    folder = _ROOT / "services" / service / "migrations"
    return Process(
        name=f"migrate-{service}",
        command=[*_MODULE, "services.chassis.migrate", str(folder)],
        env={"KITH_DATABASE_URL_FILE": str(layout.secrets.owner_database_url(service))},
        depends_on=["databases"],
        one_shot=True,
    )


def _service(layout: Layout, service: str, name: str) -> Process:
    ports, files = layout.ports, layout.secrets
    env = layout.addresses() | {
        "KITH_LOCAL_MODE": "1",
        "KITH_PORT": str(ports[name]),
        "KITH_HEALTH_PORT": str(ports[f"{name} health"]),
        "KITH_METRICS_PORT": str(ports[f"{name} metrics"]),
        "KITH_KAFKA_BOOTSTRAP_SERVERS": layout.kafka,
        "KITH_SERVICE_KEY_FILE": str(files.service_key(service)),
        "KITH_KEYRING_FILE": str(files.keyring(service)),
    }
    if layout.tls:
        tls = layout.certificate(service)
        env["KITH_TLS_CERTIFICATE_FILE"] = str(tls.certificate)
        env["KITH_TLS_KEY_FILE"] = str(tls.key)
        env["KITH_TLS_AUTHORITIES_FILE"] = str(tls.authorities)
    if service in DATABASES:
        env["KITH_DATABASE_URL_FILE"] = str(files.database_url(service))
    if service == "identity":
        env["KITH_ISSUER_PORT"] = str(ports[name.replace("identity", "issuer")])
        env["KITH_SIGNING_KEYS_FILE"] = str(files.signing_keys)
        env["KITH_PLATFORM_CLIENTS_FILE"] = str(files.platform_clients)
    if service == "gateway":
        # On one machine everybody is one client.
        env["KITH_DIRECTORY_REQUESTS_PER_MINUTE"] = "1000000"
    if service == "search" and layout.real_opensearch:
        env["KITH_OPENSEARCH_URL"] = layout.opensearch
    return Process(
        name=name,
        command=[*_MODULE, f"services.{service}"],
        env=env,
        depends_on=_dependencies(layout, service),
        health=health.grpc_serving(f"127.0.0.1:{ports[f'{name} health']}"),
        address=f"127.0.0.1:{ports[name]}",
    )


def _dependencies(layout: Layout, service: str) -> Sequence[str]:
    names = [f"migrate-{service}"] if service in DATABASES else []
    for dependency in _DEPENDS_ON[service]:
        if dependency == "kafka":
            names.append("topics" if layout.real_kafka else "kafka")
        else:
            names += layout.instances(dependency)
    if service == "search" and layout.real_opensearch:
        names.append("opensearch")
    return names
