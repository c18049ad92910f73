"""Settings of the directory; each has its row in README.md."""

from pathlib import Path

from pydantic import Field, model_validator

from services.chassis.config import ServiceSettings


class Config(ServiceSettings):
    """What every service may have and the directory cannot do without."""

    issuer: str
    keyring_file: Path
    database_url_file: Path
    clock_shift_file: Path | None = Field(
        default=None, description="Days that the clock is ahead; in local mode alone."
    )
    import_inside_hosts: str = Field(
        default="",
        description="host:port,host:port of publishers that imports may ask at private addresses.",
    )

    quality_policy_file: Path | None = Field(
        default=None, description="How often what is confirmed, and what counts; Kith's own if absent."
    )
    link_check: bool = Field(
        default=False, description="Whether the pages that entries name are looked for; needs a way out."
    )

    @property
    def inside_hosts(self) -> tuple[str, ...]:
        """The hosts of `import_inside_hosts`."""
        return tuple(filter(None, self.import_inside_hosts.split(",")))

    @model_validator(mode="after")
    def _clock_is_right(self) -> "Config":
        if self.clock_shift_file is not None and not self.local_mode:
            raise ValueError("KITH_CLOCK_SHIFT_FILE is for local mode alone")
        return self
