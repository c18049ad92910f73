"""Settings: `KITH_*` environment variables, typed, all errors at once.

A service's own `config.py` subclasses `ServiceSettings` and adds only what it alone needs. A common setting
that is optional here and indispensable there is declared again without `None`:

    class Config(ServiceSettings):
        database_url_file: Path
        consent_address: str

    config = load(Config)

Secrets come as files (`..._FILE`), never as values: an environment is seen in dumps and by child processes
(S28).
"""

import sys
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

EXIT_BAD_SETTINGS = 2


class BadSettings(Exception):
    """The service cannot run as it is set up. The one exception whose text is shown: it names things, no values."""


class ServiceSettings(BaseSettings):
    """The settings that services have in common. Every one is documented in services/chassis/README.md."""

    model_config = SettingsConfigDict(
        env_prefix="KITH_", frozen=True, hide_input_in_errors=True, extra="ignore"
    )

    local_mode: bool = Field(
        default=False, description="A developer's machine: reflection on, loopback only."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least level logged."
    )

    port: int = Field(default=0, ge=0, le=65535, description="gRPC port; 0 takes a free one.")
    health_port: int = Field(
        default=0, ge=0, le=65535, description="Plaintext gRPC health port; 0 takes a free one."
    )
    metrics_port: int = Field(
        default=0, ge=0, le=65535, description="HTTP port of /metrics; 0 switches it off."
    )
    bind: str | None = Field(
        default=None, description="Address to listen on; loopback in local mode, else all."
    )

    issuer: str | None = Field(default=None, description="Issuer of access tokens, without a trailing slash.")
    service_key_file: Path | None = Field(
        default=None, description="The service's private key, an ES256 JWK."
    )
    tls_certificate_file: Path | None = Field(
        default=None, description="The service's certificate and its chain, PEM; required outside local mode."
    )
    tls_key_file: Path | None = Field(default=None, description="The private key of that certificate, PEM.")
    tls_authorities_file: Path | None = Field(
        default=None, description="The authorities whose certificates are trusted, PEM."
    )
    keyring_file: Path | None = Field(default=None, description="The secrets by use, JSON (see keyring.py).")

    database_url_file: Path | None = Field(
        default=None, description="File with the DSN of the service's role."
    )
    kafka_bootstrap_servers: str | None = Field(
        default=None, description="Kafka brokers, host:port,host:port."
    )
    kafka_bootstrap_servers_file: Path | None = Field(
        default=None, description="The same in a file, read again."
    )
    opensearch_url: str | None = Field(default=None, description="OpenSearch; absent means there is none.")

    identity_address: str | None = Field(default=None, description="gRPC target of identity.")
    directory_address: str | None = Field(default=None, description="gRPC target of directory.")
    consent_address: str | None = Field(default=None, description="gRPC target of consent.")
    audit_address: str | None = Field(default=None, description="gRPC target of audit.")
    child_index_address: str | None = Field(default=None, description="gRPC target of child_index.")
    search_address: str | None = Field(default=None, description="gRPC target of search.")

    @property
    def listen_address(self) -> str:
        """The address to listen on: loopback in local mode, every interface otherwise."""
        if self.bind is not None:
            return self.bind
        return "127.0.0.1" if self.local_mode else "0.0.0.0"


S = TypeVar("S", bound=ServiceSettings)


def load(settings: type[S]) -> S:
    """Read the settings from the environment; print every error at once and exit 2 if there is any.

    The offending values are not printed: one of them may be a secret put in the wrong place.
    """
    try:
        return settings()
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_input=False, include_context=False):
            name = "KITH_" + "_".join(str(part) for part in problem["loc"]).upper()
            print(f"{name}: {problem['msg']}", file=sys.stderr)
        sys.exit(EXIT_BAD_SETTINGS)


def read_secret(path: Path) -> str:
    """Return the contents of a secret's file without the line end. Raises BadSettings if there are none."""
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BadSettings(f"{path}: cannot be read") from None
    if not secret:
        raise BadSettings(f"{path}: is empty")
    return secret
