#!/usr/bin/env python3
"""Stands in for an issuer: makes a key with openssl, publishes it as jwks.json, and signs tokens (Ed25519).

usage: make_token.py FOLDER CLAIM=VALUE...     prints a token for an hour; the key is made at the first call
"""
import base64
import json
import pathlib
import subprocess
import sys
import time


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True).stdout


def encoded(data):
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def main():
    folder = pathlib.Path(sys.argv[1])
    key, jwks, message = folder / "issuer.pem", folder / "jwks.json", folder / "message"
    if not key.exists():
        key.write_bytes(openssl("genpkey", "-algorithm", "ed25519"))
        public = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")[-32:]
        jwks.write_text(json.dumps({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "use": "sig", "x": encoded(public)}]}))
    claims = {"iss": "https://issuer.example", "aud": "legacy", "exp": int(time.time()) + 3600,
              **dict(word.split("=", 1) for word in sys.argv[2:])}
    text = f"{encoded({'alg': 'EdDSA', 'kid': '1'})}.{encoded(claims)}"
    message.write_text(text)
    print(f"{text}.{encoded(openssl('pkeyutl', '-sign', '-rawin', '-inkey', key, '-in', message))}")


if __name__ == "__main__":
    main()
