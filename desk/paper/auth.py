"""Who is calling: Kraken's signature over path, nonce and body, and a nonce that rises with every call of a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

Form = Mapping[str, str]


class KrakenError(Exception):
    """A refusal in Kraken's words; the client reads exactly this text."""


class Gate:
    """Lets in what one key has signed."""

    def __init__(self, api_key: str, api_secret: str) -> None:
        self._key = api_key
        self._secret = base64.b64decode(api_secret)
        self._nonce = -1

    def admit(self, path: str, headers: Mapping[str, str], body: bytes) -> Form:
        """The parameters of a private call. Raises KrakenError where key, signature or nonce are wrong."""
        form = parse_form(body, headers.get("Content-Type", ""))
        if not hmac.compare_digest(headers.get("API-Key", "").encode(), self._key.encode()):
            raise KrakenError("EAPI:Invalid key")
        nonce = form.get("nonce", "")
        if not hmac.compare_digest(headers.get("API-Sign", "").encode(), self._sign(path, nonce, body)):
            raise KrakenError("EAPI:Invalid signature")
        if not (nonce.isascii() and nonce.isdigit()) or len(nonce) > 20 or int(nonce) <= self._nonce:
            raise KrakenError("EAPI:Invalid nonce")
        self._nonce = int(nonce)
        return form

    def _sign(self, path: str, nonce: str, body: bytes) -> bytes:
        message = path.encode() + hashlib.sha256(nonce.encode() + body).digest()
        return base64.b64encode(hmac.digest(self._secret, message, "sha512"))


def parse_form(body: bytes, content_type: str) -> Form:
    """A request's parameters as text, from a form or from JSON. Raises KrakenError for anything else."""
    try:
        text = body.decode()
        if "json" not in content_type:
            return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text)))
        parsed = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise KrakenError("EGeneral:Invalid arguments") from error
    if not isinstance(parsed, dict):
        raise KrakenError("EGeneral:Invalid arguments")
    return {str(name): value if isinstance(value, str) else json.dumps(value) for name, value in parsed.items()}
