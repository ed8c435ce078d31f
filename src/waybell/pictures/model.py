"""A picture between its encoding and its place in the database."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it is kept, with the SHA-256 of the file that was sent."""

    jpeg: bytes
    sent_hash: str
