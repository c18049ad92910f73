"""Mutual TLS between services and towards agencies' systems (S11, F35): whose certificate, by which authority.

A service's certificate names it as `spiffe://kith/<service>` in a URI, such as `spiffe://kith/child-index`. The files
may be replaced at any time: new connections use what is there then, and no call fails for it. While one authority takes
over from another, `authorities` holds both.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self, cast

import grpc
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from services.chassis.config import BadSettings, ServiceSettings
from services.chassis.telemetry import log

_LOOKED_SECONDS: Final = 1.0
_OLD_CALLS_SECONDS: Final = 30.0
_NAME: Final = "spiffe://kith/"
_ALTERNATIVE_NAMES: Final = "x509_subject_alternative_name"
_FORMAT: Final = serialization.PublicFormat.SubjectPublicKeyInfo


@dataclass(frozen=True, slots=True)
class _Material:
    """What the files held at one time, PEM."""

    certificate: bytes
    key: bytes
    authorities: bytes


class Certificates:
    """The certificate of this service and the authorities it trusts, as they are in the files now."""

    def __init__(self, certificate: Path, key: Path, authorities: Path) -> None:
        """Raises BadSettings if a file cannot be read, or the key is not that of the certificate."""
        self._files = (certificate, key, authorities)
        self._stamps = self._stamped()
        self._material = self._read()
        self._looked = time.monotonic()

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self | None:
        """Those of the settings; None in local mode without any. Raises BadSettings."""
        certificate, key, authorities = (
            settings.tls_certificate_file,
            settings.tls_key_file,
            settings.tls_authorities_file,
        )
        if certificate is not None and key is not None and authorities is not None:
            return cls(certificate, key, authorities)
        if settings.local_mode and certificate is None and key is None and authorities is None:
            return None
        raise BadSettings(
            "KITH_TLS_CERTIFICATE_FILE, KITH_TLS_KEY_FILE, KITH_TLS_AUTHORITIES_FILE: all three are required, "
            "or in local mode none"
        )

    @property
    def material(self) -> _Material:
        """What is in the files, looked at once a second; equal as long as nothing changed.

        Files that cannot be used, as when only one of two is written yet, leave what was there before.
        """
        if time.monotonic() - self._looked >= _LOOKED_SECONDS:
            self.look()
        return self._material

    def server_credentials(self) -> grpc.ServerCredentials:
        """What a server shows and asks of each new connection: a certificate of an authority trusted here."""
        last = self._material

        def changed() -> grpc.ServerCertificateConfiguration | None:
            nonlocal last
            now = self.material
            if now is last:
                return None
            last = now
            return _configuration(now)

        # That None says "no change" is documented and not in the type.
        fetch = cast("Callable[[], grpc.ServerCertificateConfiguration]", changed)
        return grpc.dynamic_ssl_server_credentials(
            _configuration(last), fetch, require_client_authentication=True
        )

    def look(self) -> None:
        """Look at the files now."""
        self._looked = time.monotonic()
        try:
            stamps = self._stamped()
            if stamps == self._stamps:
                return
            self._material = self._read()
        except BadSettings:
            # Half a change: the next look finds the other half.
            return
        self._stamps = stamps
        log.info("certificates were replaced")

    def _stamped(self) -> tuple[tuple[int, int, int], ...]:
        stamps = []
        for path in self._files:
            try:
                found = path.stat()
            except OSError:
                raise BadSettings(f"{path}: cannot be read") from None
            stamps.append((found.st_mtime_ns, found.st_ino, found.st_size))
        return tuple(stamps)

    def _read(self) -> _Material:
        texts = []
        for path in self._files:
            try:
                texts.append(path.read_bytes())
            except OSError:
                raise BadSettings(f"{path}: cannot be read") from None
        material = _Material(*texts)
        certificate, key, authorities = self._files
        if not _belong_together(material):
            raise BadSettings(f"{key}: is not the key of {certificate}")
        if not _are_certificates(material.authorities):
            raise BadSettings(f"{authorities}: holds no certificate")
        return material


def peer_service(auth_context: Mapping[str, Any]) -> str | None:
    """The Kith service that the peer's certificate names, such as `child-index`; None for anybody else's."""
    names = [name.decode("utf-8", "replace") for name in auth_context.get(_ALTERNATIVE_NAMES) or ()]
    ours = [name.removeprefix(_NAME) for name in names if name.startswith(_NAME)]
    # One that names two would be both.
    return ours[0] if len(ours) == 1 else None


class RenewedChannel(grpc.aio.Channel):
    """A channel that is opened anew when the certificates have been replaced; calls that run go on on the old one.

    gRPC reads a client's certificate once, when the channel is made (RELIABILITY 1.1).
    """

    def __init__(self, certificates: Certificates, address: str, **options: Any) -> None:
        self._certificates = certificates
        self._address = address
        self._options = options
        self._material = certificates.material
        self._channel = self._opened()
        self._closing: set[asyncio.Task[None]] = set()

    def unary_unary(self, *described: Any, **more: Any) -> grpc.aio.UnaryUnaryMultiCallable[Any, Any]:
        """A method, which each call looks up on the channel of that moment."""
        return _RenewedMethod(self, described, more)

    def current(self) -> grpc.aio.Channel:
        """The channel for a call that is made now."""
        material = self._certificates.material
        if material is not self._material:
            old, self._material = self._channel, material
            self._channel = self._opened()
            closing = asyncio.ensure_future(old.close(_OLD_CALLS_SECONDS))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)
        return self._channel

    async def close(self, grace: float | None = None) -> None:
        """Close this channel and those it replaced."""
        await self._channel.close(grace)
        for closing in self._closing:
            closing.cancel()
        await asyncio.gather(*self._closing, return_exceptions=True)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """The state of the channel of this moment."""
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Wait on the channel of this moment."""
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Wait until the channel of this moment is connected."""
        await self.current().channel_ready()

    def unary_stream(self, *_: Any, **__: Any) -> Any:
        """Raise: methods are unary (DESIGN 7)."""
        raise NotImplementedError

    stream_unary = unary_stream
    stream_stream = unary_stream

    def _opened(self) -> grpc.aio.Channel:
        credentials = grpc.ssl_channel_credentials(
            self._material.authorities, self._material.key, self._material.certificate
        )
        return grpc.aio.secure_channel(self._address, credentials, **self._options)


class _RenewedMethod(grpc.aio.UnaryUnaryMultiCallable[Any, Any]):
    def __init__(self, channel: RenewedChannel, described: tuple[Any, ...], more: dict[str, Any]) -> None:
        self._channel = channel
        self._described = described
        self._more = more
        self._on: grpc.aio.Channel | None = None
        self._method: Any = None

    def __call__(self, *request: Any, **options: Any) -> Any:
        now = self._channel.current()
        if now is not self._on:
            self._on, self._method = now, now.unary_unary(*self._described, **self._more)
        return self._method(*request, **options)


def _configuration(material: _Material) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration(
        [(material.key, material.certificate)], root_certificates=material.authorities
    )


def _belong_together(material: _Material) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(material.certificate)
        key = serialization.load_pem_private_key(material.key, password=None)
        of_key = key.public_key().public_bytes(serialization.Encoding.DER, _FORMAT)
        return certificate.public_key().public_bytes(serialization.Encoding.DER, _FORMAT) == of_key
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False


def _are_certificates(authorities: bytes) -> bool:
    try:
        return bool(x509.load_pem_x509_certificates(authorities))
    except ValueError:
        return False
