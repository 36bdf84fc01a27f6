"""Certificates for tests: an authority, and what it signs, in files of a directory."""

import datetime
import ipaddress
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


class Authority:
    """Signs certificates. `path` is its own certificate."""

    def __init__(self, directory, label="authority"):
        self.directory = directory
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = name(label)
        builder = self.builder(self.name, self.key, datetime.timedelta(days=2)).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True)
        self.certificate = builder.sign(self.key, hashes.SHA256())
        self.path = self.write(f"{label}.pem", self.certificate.public_bytes(
            serialization.Encoding.PEM))

    def builder(self, subject, key, lifetime):
        now = datetime.datetime.now(datetime.timezone.utc)
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
                .public_key(key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(now - datetime.timedelta(hours=1))
                .not_valid_after(now + lifetime))

    def write(self, file, data):
        path = os.path.join(self.directory, file)
        with open(path, "wb") as output:
            output.write(data)
        return path

    def issue(self, file, common_name="", dns=(), uris=(), addresses=(),
              lifetime=datetime.timedelta(days=1)):
        """Signs a certificate; returns the paths of the certificate and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self.builder(name(common_name), key, lifetime)
        names = [x509.DNSName(text) for text in dns]
        names += [x509.UniformResourceIdentifier(text) for text in uris]
        names += [x509.IPAddress(ipaddress.ip_address(text)) for text in addresses]
        if names:
            builder = builder.add_extension(
                x509.SubjectAlternativeName(names), critical=not common_name)
        certificate = builder.sign(self.key, hashes.SHA256())
        return (
            self.write(f"{file}.pem", certificate.public_bytes(serialization.Encoding.PEM)),
            self.write(f"{file}.key", key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption())))
