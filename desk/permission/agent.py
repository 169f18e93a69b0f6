"""Signing through ssh-agent (draft-ietf-sshm-ssh-agent): the private key stays in the agent or on its hardware."""

from __future__ import annotations

import contextlib
import os
import socket
from dataclasses import dataclass

from desk.permission.keys import RSA, PublicKey, public_key
from desk.permission.refusals import KeyRefused
from desk.permission.wire import Reader, WireRefused, string, u32

_LIST, _LISTED = 11, 12
_SIGN, _SIGNED = 13, 14
_RSA_SHA2_512 = 4
_MAX_ANSWER = 1 << 20
_TOUCH_TIME_S = 60.0


@dataclass(frozen=True, slots=True)
class AgentKey:
    """A key that an agent holds; signs like a key file does."""

    address: str
    public: PublicKey

    def sign(self, data: bytes) -> bytes:
        """The SSH wire form of the agent's signature. Raises KeyRefused where the agent does not sign."""
        flags = _RSA_SHA2_512 if self.public.algorithm == RSA else 0
        answer = _ask(self.address, bytes([_SIGN]) + string(self.public.blob) + string(data) + u32(flags), _SIGNED)
        try:
            reader = Reader(answer)
            signature = reader.string()
            reader.end()
        except WireRefused as problem:
            raise KeyRefused(f"the ssh-agent's answer makes no sense: {problem}") from None
        return signature


def agent_keys(address: str | None = None) -> tuple[AgentKey, ...]:
    """The keys the agent holds that the desk accepts. Raises KeyRefused where no agent answers."""
    address = _address(address)
    answer = _ask(address, bytes([_LIST]), _LISTED)
    found = []
    try:
        reader = Reader(answer)
        for _ in range(reader.u32()):
            blob, comment = reader.string(), reader.string().decode("utf-8", "replace")
            with contextlib.suppress(KeyRefused):  # certificates and other kinds are simply not ours
                found.append(AgentKey(address, public_key(blob, comment)))
    except WireRefused as problem:
        raise KeyRefused(f"the ssh-agent's answer makes no sense: {problem}") from None
    return tuple(found)


def agent_key(public: PublicKey, address: str | None = None) -> AgentKey:
    """The agent's key with this public half. Raises KeyRefused where it holds none."""
    for key in agent_keys(address):
        if key.public.blob == public.blob:
            return key
    raise KeyRefused(f"the ssh-agent does not hold {public.fingerprint}; ssh-add its private key first")


def _address(address: str | None) -> str:
    found = address or os.environ.get("SSH_AUTH_SOCK")
    if not found:
        raise KeyRefused("no ssh-agent is known (SSH_AUTH_SOCK is not set); give a key file")
    return found


def _ask(address: str, message: bytes, expected: int) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_TOUCH_TIME_S)
            line.connect(address)
            line.sendall(string(message))
            size = int.from_bytes(_exactly(line, 4), "big")
            if not 0 < size <= _MAX_ANSWER:
                raise KeyRefused("the ssh-agent's answer makes no sense: its length is wrong")
            answer = _exactly(line, size)
    except OSError as problem:
        raise KeyRefused(f"the ssh-agent at {address} does not answer: {problem}") from None
    if answer[0] != expected:
        raise KeyRefused("the ssh-agent refused; is the key still loaded, confirmed, or touched in time?")
    return answer[1:]


def _exactly(line: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = line.recv(count - len(data))
        if not piece:
            raise OSError("it closed the connection")
        data += piece
    return data
