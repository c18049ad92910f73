"""Settings of the child index; each has its row in README.md."""

from pathlib import Path

from pydantic import Field

from services.chassis.config import ServiceSettings


class Config(ServiceSettings):
    """What the child index needs beyond what every service has."""

    issuer: str
    service_key_file: Path
    keyring_file: Path
    database_url_file: Path
    directory_address: str
    consent_address: str
    audit_address: str
    person_disclosure_limit: int = Field(
        default=500, ge=1, description="Different children a person may be shown in a day (S17)."
    )
    system_disclosure_limit: int = Field(
        default=20_000, ge=1, description="Different children an agency's system may be shown in a day (S17)."
    )
