"""Authorities of the tests' own, and the certificates that they give to servers: good ones and bad ones."""

import datetime as dt
import ssl
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = dt.timedelta(days=1)


class Authority:
    """`file` is what those who trust it name as their `ca_file`."""

    def __init__(self, folder: Path, name: str = "An authority") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        now = dt.datetime.now(dt.UTC)
        certificate = (
            _builder(self._name, self._name, self._key.public_key(), now - 9 * _DAY, now + 9 * _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / f"{name.lower().replace(' ', '-')}.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def server(
        self,
        host: str = "localhost",
        *,
        expired: bool = False,
        names: Sequence[x509.GeneralName] | None = None,
        with_tickets: bool = False,
        instead: tuple[bytes, bytes] | None = None,
    ) -> ssl.SSLContext:
        """Make what a server of that name shows; `names` are its subjectAltName, the host when they are not given.

        With `instead` it is signed with the second of these bytes where the first should be, of the same length.
        Without tickets no session is taken up again: each connection sees the certificate.
        """
        names = [x509.DNSName(host)] if names is None else names
        key = ec.generate_private_key(ec.SECP256R1())
        now = dt.datetime.now(dt.UTC)
        ends = now - _DAY if expired else now + 3 * _DAY
        builder = _builder(_name(host), self._name, key.public_key(), now - 3 * _DAY, ends)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        if instead:
            certificate = self._sign(certificate.tbs_certificate_bytes.replace(*instead))
        pem = self._folder / f"{self.file.stem}-{host}{'-expired' * expired}.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        if not with_tickets:
            context.num_tickets = 0
            context.options |= ssl.OP_NO_TICKET
        return context

    def _sign(self, to_be_signed: bytes) -> x509.Certificate:
        """Sign what no library would make: DER of the three parts of a certificate."""
        signature = self._key.sign(to_be_signed, ec.ECDSA(hashes.SHA256()))
        ecdsa_with_sha256 = bytes.fromhex("300a06082a8648ce3d040302")
        return x509.load_der_x509_certificate(
            _der(0x30, to_be_signed + ecdsa_with_sha256 + _der(0x03, b"\0" + signature))
        )


def _der(tag: int, value: bytes) -> bytes:
    length = len(value).to_bytes(2).lstrip(b"\0")
    return bytes([tag]) + (length if len(value) < 0x80 else bytes([0x80 + len(length)]) + length) + value


class SwitchedTls:
    """The TLS of a server that shows whom it is told to, from one connection to the next.

    `shows` is None while it breaks every handshake.
    """

    def __init__(self, shows: ssl.SSLContext) -> None:
        self.shows: ssl.SSLContext | None = shows
        self.context = shows
        self.context.sni_callback = self._choose

    def _choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> int | None:
        if self.shows is None:
            return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        connection.context = self.shows
        return None


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: dt.datetime, ends: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
