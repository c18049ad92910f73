"""A certificate authority for one machine: what a partnership's own issues in production (S11)."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAYS: Final = 365
_A_WHILE_AGO: Final = timedelta(minutes=5)
"""Clocks of two machines differ a little."""


class Authority:
    """Issues certificates. Its key lives as long as the object: certificates are made anew at each start."""

    def __init__(self, name: str = "Kith on this machine") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        self._certificate = (
            _unsigned(
                self._name, self._name, self._key.public_key(), now - _A_WHILE_AGO, timedelta(days=_DAYS)
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> bytes:
        """Its own certificate, for those who are to trust it."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        certificate: Path,
        key: Path,
        *,
        service: str | None = None,
        lives: timedelta = timedelta(days=_DAYS),
    ) -> None:
        """Write a certificate for this machine's loopback and its new key.

        It names `service` as Kith's services are named, such as `child-index`; none names an agency's system. With
        `lives` of less than nothing it has expired.
        """
        new = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
        ]
        if service is not None:
            names.append(x509.UniformResourceIdentifier(f"spiffe://kith/{service}"))
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, service or "agency")])
        began = datetime.now(UTC) - _A_WHILE_AGO + min(lives, timedelta(0))
        signed = (
            _unsigned(
                subject,
                self._name,
                new.public_key(),
                began,
                abs(lives) if lives > timedelta(0) else _A_WHILE_AGO,
            )
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        pem = new.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for path, content in ((key, pem), (certificate, signed.public_bytes(serialization.Encoding.PEM))):
            written = path.with_name(f"{path.name}.new")
            written.touch(mode=0o600)
            written.write_bytes(content)
            written.replace(path)


def _unsigned(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, began: datetime, lives: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + lives)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
