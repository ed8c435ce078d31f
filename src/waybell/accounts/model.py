"""Who may do something here: an account, its users, its keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from waybell.accounts.grants import Grant
from waybell.ground.scope import EVERYTHING, Scope

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
    """Somebody at work in an account, by a key or signed in; `name` goes into what they leave behind.

    `id` is that of the user or the key, because others may have the name too. `grant` is what their key may do; people
    have none: their role decides.
    """

    account: Account
    name: str
    grant: Grant | None = None
    id: str = ""

    @property
    def scope(self) -> Scope:
        return self.grant.scope if self.grant else EVERYTHING


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
    grant: Grant

    def state(self, now: datetime) -> Literal["enabled", "disabled", "expired"]:
        if not self.enabled:
            return "disabled"
        return "expired" if self.grant.expires_at and self.grant.expires_at <= now else "enabled"
