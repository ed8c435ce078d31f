"""The names of event types: inside always the built-in name, outside the name that the operator chose.

Rows, subscriptions and filters hold the built-in name. So a renamed type stays one type: its subscribers still get it,
and its past events are found together with its new ones. The chosen name appears in what is sent, and callers and
people read and write it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Naming:
    others: Mapping[str, str] = field(default_factory=dict)  # from the built-in name to the chosen one

    def outside(self, name: str) -> str:
        return self.others.get(name, name)

    def inside(self, name: str) -> str:
        return next((own for own, other in self.others.items() if other == name), name)
