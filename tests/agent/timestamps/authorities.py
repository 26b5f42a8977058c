"""Timestamp authorities for tests, made by the openssl command, and tokens that they make."""

from __future__ import annotations

import subprocess
from pathlib import Path

CONFIG = """\
[tsa]
default_tsa = test
[test]
dir = .
serial = serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha1, sha256, sha384, sha512
ess_cert_id_chain = no
[first_form]
dir = .
serial = serial
signer_digest = sha256
default_policy = 1.3.6.1.4.1.99999.1
digests = sha256
ess_cert_id_chain = no
ess_cert_id_alg = sha1
[tsa_use]
basicConstraints = critical, CA:FALSE
extendedKeyUsage = critical, timeStamping
[other_use]
extendedKeyUsage = critical, timeStamping, clientAuth
[ca_use]
basicConstraints = critical, CA:TRUE
"""
KEYS = {"rsa": ("rsa:2048",), "ec": ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")}


class Authority:
    """A root, a server's certificate under it, and one that is not for timestamps alone."""

    def __init__(self, folder: Path, kind: str = "ec") -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "openssl.cnf").write_text(CONFIG)
        (folder / "serial").write_text("01\n")
        key = ("-newkey", *KEYS[kind], "-nodes")
        self.openssl(
            "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "36500",
            "-subj", "/O=Test/CN=root", "-config", "/dev/null", "-addext", "basicConstraints=critical,CA:TRUE",
        )  # fmt: skip
        for name, use in (("tsa", "tsa_use"), ("other", "other_use")):
            self.openssl(
                "req", "-new", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr",
                "-subj", f"/O=Test/CN={name}", "-config", "/dev/null",
            )  # fmt: skip
            self.openssl(
                "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "36500",
                "-set_serial", "7", "-extfile", "openssl.cnf", "-extensions", use, "-out", f"{name}.pem",
            )  # fmt: skip

    @property
    def root(self) -> Path:
        return self.folder / "ca.pem"

    def openssl(self, *words: str) -> bytes:
        done = subprocess.run(
            ["openssl", *words], cwd=self.folder, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def response(
        self,
        data: bytes,
        *,
        digest: str = "sha256",
        cert: bool = True,
        certificate: Path | None = None,
        section: str = "test",
    ) -> bytes:
        """Return the answer of the server on `data`: what people keep as FILE.tsr.

        In the `section` first_form it names its certificate as RFC 3161 did before RFC 5816.
        """
        (self.folder / "data").write_bytes(data)
        asked = ["-cert"] if cert else []
        self.openssl("ts", "-query", "-data", "data", f"-{digest}", *asked, "-out", "query.tsq")
        self.openssl(
            "ts", "-reply", "-queryfile", "query.tsq", "-config", "openssl.cnf", "-section", section,
            "-signer", str(certificate or "tsa.pem"), "-inkey", "tsa.key", "-out", "answer.tsr",
        )  # fmt: skip
        return (self.folder / "answer.tsr").read_bytes()
