"""Settings of the gateway, beside those all services have."""

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from services.chassis.config import ServiceSettings

_ORIGIN = r"^https?://[^\s/?#]+$"


@dataclass(frozen=True, slots=True)
class HelpLines:
    """Whom to ring: shown on every page, so that nobody has to look for it when it matters."""

    front_door: str
    front_door_hours: str
    out_of_hours: str
    index_desk: str


_LOCAL_HELP_LINES = HelpLines(
    "01632 960 101", "Monday to Friday, 9am to 5pm", "01632 960 102", "01632 960 103"
)
"""Numbers that Ofcom keeps free for fiction."""


class Config(ServiceSettings):
    """See the table in README.md."""

    port: int = Field(default=8080, ge=0, le=65535)
    issuer: str = Field(pattern=_ORIGIN)
    service_key_file: Path
    keyring_file: Path
    database_url_file: Path
    search_address: str
    child_index_address: str
    directory_address: str

    directory_requests_per_minute: int = Field(default=600, ge=1, le=1_000_000)
    trusted_proxies: str = ""

    public_url: str = Field(default="", pattern=rf"^$|{_ORIGIN}")
    front_door_phone: str = ""
    front_door_hours: str = ""
    out_of_hours_phone: str = ""
    index_desk_phone: str = ""

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        for part in value.split(",") if value else ():
            ipaddress.ip_network(part.strip())
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.local_mode:
            return self
        if not self.public_url.startswith("https://") or not self.issuer.startswith("https://"):
            raise ValueError("KITH_PUBLIC_URL and KITH_ISSUER must be https outside local mode")
        # A made-up number on the page for a child in danger would be worse than none.
        phones = (
            self.front_door_phone,
            self.front_door_hours,
            self.out_of_hours_phone,
            self.index_desk_phone,
        )
        if not all(phones):
            raise ValueError("the numbers to ring must be set outside local mode")
        return self

    @property
    def trusted_networks(self) -> list[str]:
        """The proxies whose word is taken for who the client is."""
        return [part.strip() for part in self.trusted_proxies.split(",")] if self.trusted_proxies else []

    @property
    def address(self) -> str:
        """The address by which browsers reach the pages, without a trailing slash."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def help_lines(self) -> HelpLines:
        """Whom to ring; in local mode numbers of fiction unless set."""
        return HelpLines(
            self.front_door_phone or _LOCAL_HELP_LINES.front_door,
            self.front_door_hours or _LOCAL_HELP_LINES.front_door_hours,
            self.out_of_hours_phone or _LOCAL_HELP_LINES.out_of_hours,
            self.index_desk_phone or _LOCAL_HELP_LINES.index_desk,
        )
