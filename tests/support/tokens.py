"""JSON Web Tokens for tests, signed by the openssl command."""
import base64
import json
import pathlib
import subprocess

_CURVES = {"ES256": ("P-256", 32, "sha256"), "ES384": ("P-384", 48, "sha384"), "ES512": ("P-521", 66, "sha512")}


def _openssl(*arguments, text=b""):
    return subprocess.run(["openssl", *map(str, arguments)], input=text, check=True, capture_output=True).stdout


def encoded(data):
    """base64url without padding; an object becomes JSON first."""
    if not isinstance(data, bytes):
        data = json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _raw_from_der(signature, size):
    """r and s of an ECDSA signature, each `size` bytes: RFC 7518 section 3.4."""
    at = 3 if signature[1] & 0x80 else 2
    numbers = []
    for _ in range(2):
        length = signature[at + 1]
        numbers.append(int.from_bytes(signature[at + 2:at + 2 + length], "big").to_bytes(size, "big"))
        at += 2 + length
    return b"".join(numbers)


class Signer:
    """A fresh private key for one algorithm (RS256, PS256, ES256, EdDSA ...); its `jwk` is public."""

    def __init__(self, directory, algorithm, kid):
        self.algorithm, self.kid = algorithm, kid
        self.file = pathlib.Path(directory) / f"{kid}.pem"
        self.file.write_bytes(_openssl("genpkey", *self._kind()))
        self.jwk = {"kid": kid, "use": "sig", **self._public()}

    def _kind(self):
        if self.algorithm == "EdDSA":
            return ["-algorithm", "ed25519"]
        if self.algorithm in _CURVES:
            return ["-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{_CURVES[self.algorithm][0]}"]
        return ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]

    def _public(self):
        der = _openssl("pkey", "-in", self.file, "-pubout", "-outform", "DER")
        if self.algorithm == "EdDSA":
            return {"kty": "OKP", "crv": "Ed25519", "x": encoded(der[-32:])}
        if self.algorithm in _CURVES:
            curve, size, _ = _CURVES[self.algorithm]
            return {"kty": "EC", "crv": curve, "x": encoded(der[-2 * size:-size]), "y": encoded(der[-size:])}
        modulus = _openssl("rsa", "-in", self.file, "-noout", "-modulus").strip().partition(b"=")[2]
        return {"kty": "RSA", "n": encoded(bytes.fromhex(modulus.decode())), "e": "AQAB"}

    def _sign(self, text):
        if self.algorithm == "EdDSA":
            message = self.file.with_suffix(".message")
            message.write_bytes(text)
            return _openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.file, "-in", message)
        if self.algorithm in _CURVES:
            _, size, digest = _CURVES[self.algorithm]
            return _raw_from_der(_openssl("dgst", f"-{digest}", "-sign", self.file, text=text), size)
        options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
        return _openssl("dgst", f"-sha{self.algorithm[2:]}", "-sign", self.file,
                        *(options if self.algorithm.startswith("PS") else []), text=text)

    def token(self, claims, **head):
        text = f"{encoded({'alg': self.algorithm, 'kid': self.kid, **head})}.{encoded(claims)}"
        return f"{text}.{encoded(self._sign(text.encode()))}"
