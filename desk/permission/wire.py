"""The SSH wire encoding (RFC 4251 §5): just enough of it to read and write keys and signatures, strictly."""

from __future__ import annotations


class WireRefused(ValueError):
    """Bytes that are not what the SSH encoding says they should be."""


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def string(data: bytes) -> bytes:
    """A length-prefixed string."""
    return u32(len(data)) + data


def mpint(value: int) -> bytes:
    """A non-negative integer in its shortest form."""
    return string(value.to_bytes(value.bit_length() // 8 + 1, "big") if value else b"")


class Reader:
    """Reads one value after the other; every method raises WireRefused where the bytes end early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes as they are."""
        if count > len(self._data) - self._at:
            raise WireRefused("the data ends early")
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece

    def u32(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def byte(self) -> int:
        return self.take(1)[0]

    def string(self) -> bytes:
        return self.take(self.u32())

    def name(self) -> str:
        """An algorithm or namespace: printable ASCII."""
        data = self.string()
        if not data.isascii() or not data.decode("ascii").isprintable():
            raise WireRefused("a name holds characters that do not belong in a name")
        return data.decode("ascii")

    def mpint(self) -> int:
        """A non-negative integer; any but its shortest form is refused, so that one number has one spelling."""
        data = self.string()
        value = int.from_bytes(data, "big", signed=True)
        if value < 0 or mpint(value)[4:] != data:
            raise WireRefused("a number is negative or padded")
        return value

    def end(self) -> None:
        if self._at != len(self._data):
            raise WireRefused(f"{len(self._data) - self._at} bytes follow the end")
