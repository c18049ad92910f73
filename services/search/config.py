"""Settings of search; all are those every service has, and listed in README.md."""

from pathlib import Path

from services.chassis.config import ServiceSettings


class Config(ServiceSettings):
    """What search cannot do without."""

    issuer: str
    service_key_file: Path
    keyring_file: Path
    child_index_address: str
