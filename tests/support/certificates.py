"""Certificates for tests, made by the openssl command."""
import pathlib
import subprocess


def _openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def self_signed(directory, name="localhost", stem="tls"):
    """(certificate file, key file) for `name` and 127.0.0.1; the certificate is its own CA."""
    directory = pathlib.Path(directory)
    cert, key = directory / f"{stem}.crt", directory / f"{stem}.key"
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
             "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1",
             "-keyout", key, "-out", cert)
    return cert, key


class Authority:
    """A CA in a directory of its own, which issues certificates of servers and clients and takes them back."""

    def __init__(self, directory, name="test CA"):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.cert, self.key, self.crl = self.dir / "ca.crt", self.dir / "ca.key", self.dir / "ca.crl"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30",
                 "-subj", f"/CN={name}", "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-keyout", self.key, "-out", self.cert)
        (self.dir / "index.txt").write_text("")
        (self.dir / "serial").write_text("01\n")
        (self.dir / "crlnumber").write_text("01\n")
        (self.dir / "ca.cnf").write_text(f"""[ca]
default_ca = here
[here]
database = {self.dir}/index.txt
serial = {self.dir}/serial
crlnumber = {self.dir}/crlnumber
new_certs_dir = {self.dir}
certificate = {self.cert}
private_key = {self.key}
default_md = sha256
default_days = 30
default_crl_days = 30
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = optional
organizationName = optional
""")

    def issue(self, stem, subject, names, usage="serverAuth", kind="ec"):
        """(certificate file, key file); `names` as OpenSSL writes subjectAltName: "DNS:a.example,URI:spiffe://a"."""
        cert, key, request = (self.dir / f"{stem}.{end}" for end in ("crt", "key", "csr"))
        algorithm = ["ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"] if kind == "ec" else ["rsa:2048"]
        _openssl("req", "-newkey", *algorithm, "-nodes", "-subj", subject, "-addext", f"subjectAltName={names}",
                 "-addext", f"extendedKeyUsage={usage}", "-keyout", key, "-out", request)
        _openssl("ca", "-batch", "-notext", "-config", self.dir / "ca.cnf", "-in", request, "-out", cert)
        return cert, key

    def revoke(self, *certificates, seconds=30 * 86400):
        """Writes `crl` with these certificates in it, or with none, to be renewed in so many seconds."""
        for certificate in certificates:
            _openssl("ca", "-config", self.dir / "ca.cnf", "-revoke", certificate)
        _openssl("ca", "-config", self.dir / "ca.cnf", "-gencrl", "-crlsec", str(seconds), "-out", self.crl)
        return self.crl
