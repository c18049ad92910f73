"""Settings of audit; each has its row in README.md."""

from pathlib import Path

from services.chassis.config import ServiceSettings


class Config(ServiceSettings):
    """What every service may have and audit cannot do without."""

    issuer: str
    database_url_file: Path
