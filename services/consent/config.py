"""Settings of consent; each has its row in README.md."""

from pathlib import Path

from services.chassis.config import ServiceSettings


class Config(ServiceSettings):
    """What every service may have and consent cannot do without."""

    issuer: str
    keyring_file: Path
    database_url_file: Path
