"""JSON over HTTP from pools, explorers and nodes: bounded in time, size and patience, and never telling a key.

Nothing here trusts an answer: a redirect is not followed (it would carry the key elsewhere), a body is read only up
to a limit, numbers keep their digits, and every message has the keys taken out before anybody sees it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from types import TracebackType
from urllib.parse import quote

import httpx

from desk.clock import Clock

MAX_BYTES = 8_000_000
"""A longer answer is not read to its end."""
MAX_TRIES = 3
MAX_WAIT_S = 60.0
"""Asked to wait longer than this, whoever asked comes back another time."""
_FIRST_WAIT_S = 1.0
_SHOWN = 200
_TOO_MANY, _BUSY = 429, 503
_KEY_REFUSED = (401, 403)
_NOT_THERE = 404


class FeedUnavailable(Exception):
    """Nobody answered, or not now: asking again later can help, after `wait_s` where the other side asks for that.
    The message holds no key."""

    def __init__(self, words: str, wait_s: float = 0.0) -> None:
        super().__init__(words)
        self.wait_s = wait_s


class FeedRefused(ValueError):
    """An answer came and is not what it has to be; nothing of it is used (P11). The message holds no key."""


@dataclass(frozen=True, slots=True)
class Address:
    """Who is asked, and how. `secrets` are never repeated in a message; `pause_s` lies between two requests."""

    name: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)
    secrets: Sequence[str] = field(default=(), repr=False)
    timeout_s: float = 20.0
    pause_s: float = 0.0

    def clean(self, text: str) -> str:
        """Text without any of the keys, as they are or as an address writes them."""
        for secret in self.secrets:
            for form in (secret, quote(secret, safe="")):
                text = text.replace(form, "…") if form else text
        return text


class FeedMissing(FeedRefused):
    """There is nothing at that address (HTTP 404): what was asked for is not offered."""


class JsonWire:
    """One connection; use it as an async context. Every method raises FeedUnavailable or FeedRefused."""

    def __init__(self, address: Address, clock: Clock) -> None:
        self._address, self._clock = address, clock
        self._asked = False
        self._nonce = 0
        try:
            auth = httpx.BasicAuth(*address.login) if address.login else None
            headers = {"accept": "application/json", **address.headers}
            self._client = httpx.AsyncClient(
                headers=headers, auth=auth, timeout=address.timeout_s, follow_redirects=False, trust_env=False
            )
        except (ValueError, TypeError):  # its words would repeat the key
            raise FeedRefused(f"{address.name}: the key has characters that no header can carry") from None

    async def __aenter__(self) -> JsonWire:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> object:
        """The document at a path."""
        return await self._asked_patiently("GET", path, params=params)

    async def post(self, path: str, body: object) -> object:
        """What comes back for a JSON document."""
        return await self._asked_patiently("POST", path, json=body)

    async def post_form(self, path: str, fields: Mapping[str, str]) -> object:
        """What comes back for the fields of a form."""
        return await self._asked_patiently("POST", path, data=fields)

    def nonce(self) -> int:
        """Milliseconds of wall time, each greater than the one before."""
        self._nonce = max(self._nonce + 1, int(self._clock.wall().timestamp() * 1000))
        return self._nonce

    async def _asked_patiently(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        data: Mapping[str, str] | None = None,
    ) -> object:
        """Asks; waits and asks again where the other side says so, a few times and not for long."""
        wait_s = _FIRST_WAIT_S
        for tries_left in reversed(range(MAX_TRIES)):
            if self._asked and self._address.pause_s:
                await self._clock.sleep(self._address.pause_s)
            self._asked = True
            url = self._address.url + path
            request = self._client.build_request(method, url, params=params, json=json, data=data)
            status, headers, body = await self._sent(request)
            if status not in (_TOO_MANY, _BUSY):
                return self._document(status, body)
            asked = _retry_after_s(headers, self._clock.wall())
            wait_s = wait_s if asked is None else asked
            if not tries_left or wait_s > MAX_WAIT_S:
                break
            await self._clock.sleep(wait_s)
            wait_s *= 2
        asks = f"asks to wait {wait_s:.0f} s" if status == _TOO_MANY else "is busy"
        raise FeedUnavailable(
            f"{self._address.name} {asks} (HTTP {status}); asked again at the next pull",
            0.0 if asked is None else asked,
        )

    async def _sent(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        name, limit_s = self._address.name, self._address.timeout_s
        try:
            async with asyncio.timeout(limit_s):  # httpx limits each read; a body that drips would never end
                response = await self._client.send(request, stream=True)
                try:
                    return response.status_code, response.headers, await self._body(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            raise FeedUnavailable(f"{name} did not answer within {limit_s:g} s") from None
        except httpx.DecodingError:
            raise FeedRefused(f"{name} sent an answer that cannot be unpacked") from None
        except httpx.HTTPError as error:
            why = self.clean(str(error) or type(error).__name__)
            raise FeedUnavailable(f"{name} cannot be reached: {why}") from None

    async def _body(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for part in response.aiter_bytes():
            body += part
            if len(body) > MAX_BYTES:
                raise FeedRefused(f"{self._address.name} sent more than {MAX_BYTES:,} bytes; that is no such answer")
        return bytes(body)

    def _document(self, status: int, body: bytes) -> object:
        name = self._address.name
        if status in _KEY_REFUSED:
            raise FeedRefused(f"{name} refused the key (HTTP {status}): {self._shown(body)}")
        if 300 <= status < 400:
            raise FeedRefused(f"{name} sends elsewhere (HTTP {status}); no key is carried there, correct its url")
        if status >= 500:
            raise FeedUnavailable(f"{name} failed (HTTP {status}): {self._shown(body)}")
        if status == _NOT_THERE:
            raise FeedMissing(f"{name} has nothing there (HTTP 404): {self._shown(body)}")
        if status != 200:
            raise FeedRefused(f"{name} refused (HTTP {status}): {self._shown(body)}")
        return self._parsed(body)

    def _parsed(self, body: bytes) -> object:
        try:
            parsed: object = json.loads(body.decode(), parse_float=Decimal, parse_constant=_no_number)
        except (ValueError, ArithmeticError, RecursionError):
            raise FeedRefused(f"{self._address.name} did not answer with JSON: {self._shown(body)}") from None
        return parsed

    def _shown(self, body: bytes) -> str:
        """The start of a foreign body as evidence: one line, nothing that acts on a terminal, no key."""
        return repr(self.clean(body[: _SHOWN * 4].decode(errors="replace"))[:_SHOWN])

    def clean(self, text: str) -> str:
        return self._address.clean(text)


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is not a number")


def _retry_after_s(headers: httpx.Headers, now: datetime) -> float | None:
    """Seconds of a Retry-After header, which may be a date; None where there is none that says anything."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), 1e9)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)
