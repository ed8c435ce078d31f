"""Who may do something here: an account, its users, its keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

Role = Literal["admin", "dispatcher", "viewer"]


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody at work in an account, by a key or signed in; `name` goes into what they leave behind."""

    account: Account
    name: str


@dataclass(frozen=True, slots=True)
class User:
    """A person who can sign in, with the e-mail address."""

    id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    seen_at: datetime | None = None  # to the minute; None until they sign in


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: str
    name: str
    hint: str
    enabled: bool
    created_at: datetime
    last_used_at: datetime | None
