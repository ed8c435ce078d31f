"""What event types are called: here always by their own name, outside perhaps by another, as the operator chose.

Rows, subscriptions and filters hold the name that a type has here. So a type that is renamed stays one type: whoever
asked for it goes on to get it, and its events of the past are found with those to come. The other name stands in what
is sent and in what callers and people read, and they write it too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Naming:
    others: Mapping[str, str] = field(default_factory=dict)  # by the names here, of the types that have another

    def outside(self, name: str) -> str:
        return self.others.get(name, name)

    def inside(self, name: str) -> str:
        return next((own for own, other in self.others.items() if other == name), name)
