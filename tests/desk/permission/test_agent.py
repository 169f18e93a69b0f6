"""A key in ssh-agent signs like a key in a file."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desk.permission.agent import agent_key, agent_keys
from desk.permission.key_files import generate_ed25519, load_public_key
from desk.permission.refusals import KeyRefused
from desk.permission.sshsig import SALE, sign, verify
from desk.permission.wire import string

SshKeygen = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose name is short enough for a socket's address."""
    with tempfile.TemporaryDirectory(prefix="desk") as name:
        yield Path(name)


@pytest.fixture
def agent(short_folder: Path) -> Iterator[str]:
    program = shutil.which("ssh-agent")
    if program is None or shutil.which("ssh-add") is None:
        pytest.skip("ssh-agent is not installed")
    address = str(short_folder / "agent")
    process = subprocess.Popen([program, "-D", "-a", address], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it prints its address once it listens
        yield address
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def answering(short_folder: Path) -> Iterator[Callable[[bytes], str]]:
    """An agent that gives one fixed answer, whatever the question."""
    listeners: list[tuple[socket.socket, threading.Thread]] = []

    def answer(data: bytes) -> str:
        address = str(short_folder / f"fake{len(listeners)}")
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(address)
        listener.listen(1)

        def serve() -> None:
            line, _ = listener.accept()
            with line:
                line.recv(4096)
                line.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        listeners.append((listener, thread))
        return address

    yield answer
    for listener, thread in listeners:
        thread.join(timeout=10)
        listener.close()


@pytest.mark.parametrize("kind", [("ed25519",), ("rsa", "-b", "2048"), ("ecdsa",)], ids=str)
def test_a_key_in_the_agent_signs(agent: str, ssh_keygen: SshKeygen, tmp_path: Path, kind: tuple[str, ...]) -> None:
    for name, made in (("other", ("ed25519",)), ("id", kind)):
        ssh_keygen("-q", "-t", *made, "-N", "", "-C", name, "-f", tmp_path / name)
        subprocess.run(["ssh-add", "-q", tmp_path / name], env={**os.environ, "SSH_AUTH_SOCK": agent}, check=True)
    public = load_public_key(tmp_path / "id.pub")
    assert verify(b"terms", sign(b"terms", SALE, agent_key(public, agent)), SALE).blob == public.blob
    assert [key.public.comment for key in agent_keys(agent)] == ["other", "id"]


def test_a_key_that_the_agent_does_not_hold_is_named(agent: str) -> None:
    absent = generate_ed25519().public
    with pytest.raises(KeyRefused, match="ssh-add"):
        agent_key(absent, agent)


def test_without_an_agent_a_key_file_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with pytest.raises(KeyRefused, match="SSH_AUTH_SOCK is not set"):
        agent_keys()
    with pytest.raises(KeyRefused, match="does not answer"):
        agent_keys(str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "closed the connection"),
        (b"\x00\x00", "closed the connection"),
        (b"\xff\xff\xff\xff", "length is wrong"),
        (b"\x00\x00\x00\x00", "length is wrong"),
        (string(b"\x05"), "refused"),
        (string(b"\x0c\xff\xff\xff\xff"), "makes no sense"),
        (string(b"\x0c\x00\x00\x00\x01\x00\x00\x00\x09abc"), "makes no sense"),
    ],
)
def test_an_agent_that_talks_nonsense_is_refused(answering: Callable[[bytes], str], data: bytes, why: str) -> None:
    with pytest.raises(KeyRefused, match=why):
        agent_keys(answering(data))


def test_keys_of_other_kinds_are_passed_over(answering: Callable[[bytes], str]) -> None:
    good = generate_ed25519().public
    listed = string(string(b"ssh-dss")) + string(b"old") + string(good.blob) + string(b"new")
    assert [key.public.blob for key in agent_keys(answering(string(b"\x0c\x00\x00\x00\x02" + listed)))] == [good.blob]
