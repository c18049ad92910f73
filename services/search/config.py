"""Settings of search, beside those every service has; listed in README.md."""

from pathlib import Path

from pydantic import Field

from services.chassis.config import BadSettings, ServiceSettings


class Config(ServiceSettings):
    """What search cannot do without, and how often it compares."""

    issuer: str
    service_key_file: Path
    keyring_file: Path
    child_index_address: str
    reconcile_seconds: int = Field(
        default=300, ge=1, description="Seconds between comparisons of the index with the child index."
    )
    reconcile_keys_seconds: int = Field(
        default=86_400, ge=1, description="Seconds between comparisons that read every child's keys."
    )

    def needed_opensearch_url(self) -> str:
        """Where OpenSearch is. Raises BadSettings if it is not said."""
        if self.opensearch_url is None:
            raise BadSettings("KITH_OPENSEARCH_URL: Field required")
        return self.opensearch_url
