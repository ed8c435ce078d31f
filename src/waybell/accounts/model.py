"""The actors of an account: its users and its keys."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from waybell.accounts.grants import Grant
from waybell.ground.scope import EVERYTHING, Scope

Role = Literal["admin", "dispatcher", "viewer", "shipper-manager", "carrier"]


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
    """A user or a key that acts in an account; `name` goes into the records of what it does.

    `id` is the id of the user or the key, because names need not be unique. `grant` holds the permissions of a key; a
    user has None, because the user's role decides, within `limits`.
    """

    account: Account
    name: str
    grant: Grant | None = None
    id: str = ""
    limits: Scope = EVERYTHING

    @property
    def scope(self) -> Scope:
        return self.grant.scope if self.grant else self.limits


@dataclass(frozen=True, slots=True)
class User:
    """A person who signs in with an e-mail address."""

    id: str
    email: str
    name: str
    role: Role
    scope: Scope
    created_at: datetime
    seen_at: datetime | None = None  # to the minute; None before the first sign-in


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
