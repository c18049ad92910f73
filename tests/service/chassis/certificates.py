"""Somebody's certificate in a folder, as a service or an agency's system has it."""

from datetime import timedelta
from pathlib import Path

import grpc

from deploy.local.authority import Authority
from services.chassis.config import ServiceSettings
from services.chassis.tls import Certificates


class Holder:
    """A folder with somebody's certificate, its key and the authorities that somebody trusts."""

    def __init__(
        self, folder: Path, authority: Authority, service: str | None, lives: timedelta = timedelta(days=1)
    ) -> None:
        folder.mkdir()
        self.certificate, self.key, self.authorities = (
            folder / "tls.crt",
            folder / "tls.key",
            folder / "ca.crt",
        )
        self.authorities.write_bytes(authority.pem)
        authority.issue(self.certificate, self.key, service=service, lives=lives)

    @property
    def certificates(self) -> Certificates:
        return Certificates(self.certificate, self.key, self.authorities)

    @property
    def settings(self) -> ServiceSettings:
        return ServiceSettings(
            local_mode=True,
            tls_certificate_file=self.certificate,
            tls_key_file=self.key,
            tls_authorities_file=self.authorities,
        )

    def channel(self, address: str) -> grpc.aio.Channel:
        """A plain channel, as an outsider opens one."""
        credentials = grpc.ssl_channel_credentials(
            self.authorities.read_bytes(), self.key.read_bytes(), self.certificate.read_bytes()
        )
        return grpc.aio.secure_channel(address, credentials)
