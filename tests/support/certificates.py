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
