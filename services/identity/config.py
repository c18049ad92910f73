"""Settings of the identity service, beside those all services have."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from services.chassis.config import ServiceSettings


class Config(ServiceSettings):
    """See the table in README.md."""

    database_url_file: Path
    keyring_file: Path
    issuer: str = Field(pattern=r"^https?://[^\s/?#]+$")
    issuer_port: int = Field(default=8081, ge=0, le=65535)
    signing_keys_file: Path
    platform_clients_file: Path

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if not self.local_mode and not self.issuer.startswith("https://"):
            raise ValueError("KITH_ISSUER must be https outside local mode")
        return self
