"""Why a signature, a key or a list of people is refused: one word for programs, one sentence for people."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The kinds of refusal a caller may want to tell apart."""

    MALFORMED = "malformed"
    WRONG_NAMESPACE = "wrong-namespace"
    OTHER_TERMS = "other-terms"
    OTHER_DATABASE = "other-database"
    OTHER_POLICY = "other-policy"
    UNKNOWN_KEY = "unknown-key"
    REVOKED_KEY = "revoked-key"
    NOT_PERMITTED = "not-permitted"
    KEY_NOT_VALID = "key-not-valid"
    BY_STAGER = "by-stager"
    TWICE = "twice"
    ANOTHER_NAME = "another-name"
    NOT_STAGED = "not-staged"
    EXPIRED = "expired"
    VOIDED_BY_HALT = "voided-by-halt"
    SPENT = "spent"


class SignatureRefused(ValueError):
    """A signature, or a whole case, that does not count; `reason` says which kind, the message why."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


class KeyRefused(ValueError):
    """A key that cannot be used; the message names the file or the key and what would be right."""


class PeopleRefused(ValueError):
    """A list of people that cannot be used; the message names the line, the value and what would be right."""


class PolicyRefused(ValueError):
    """A policy that cannot be used; the message names the key, the value and what would be right."""


class RequestRefused(ValueError):
    """Bytes that are not a request for a signed act; the message names what is wrong with them."""
