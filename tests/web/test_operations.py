"""Whoever looks for an operation of the Track-POD API finds its functions: their docstrings name it."""

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from support.operations import OPERATIONS as SPEC
from waybell.checks import actions as checks
from waybell.directory import actions as directory
from waybell.directory import entry_actions, entry_store, fleet_store
from waybell.orders import actions as orders
from waybell.routes import actions as routes
from waybell.routes import export, fleet_deletion
from waybell.tracks import actions as tracks
from waybell.web.app import OPERATIONS

IDS = set(SPEC)
ACTIONS = (
    checks,
    directory,
    entry_actions,
    entry_store,
    export,
    fleet_deletion,
    fleet_store,
    orders,
    routes,
    tracks,
)


def named(function: Callable[..., Any]) -> list[str]:
    """The operations that a docstring names."""
    found = re.search(r"^ *Operations?: ([\w,\s]+)\.\s*$", function.__doc__ or "", re.MULTILINE)
    return re.split(r",\s+", found[1]) if found else []


def doors() -> dict[str, Callable[..., Any]]:
    """The functions that answer operations."""
    all_routes = [route for noun in OPERATIONS for route in noun.api.routes]
    return {route.operation_id: inspect.unwrap(route.endpoint) for route in all_routes}


def test_a_function_that_answers_operations_of_that_api_names_just_these():
    answered: dict[Callable[..., Any], set[str]] = {}
    for operation_id, door in doors().items():
        answered.setdefault(door, set()).update({operation_id} & IDS)
    for door, ids in answered.items():
        assert set(named(door)) == ids, (
            f"the docstring of {door.__module__}.{door.__name__}: name the original's operations"
        )
    assert set().union(*answered.values()) == IDS


@pytest.mark.parametrize("module", ACTIONS, ids=lambda module: module.__name__)
def test_an_action_is_called_for_the_operations_that_it_names(module):
    functions = [one for _, one in inspect.getmembers(module, inspect.isfunction) if one.__module__ == module.__name__]
    naming = [one for one in functions if named(one)]
    assert naming
    for action in naming:
        assert set(named(action)) <= IDS, action
        for operation_id in named(action):
            room = inspect.getmodule(doors()[operation_id])
            assert f"{module.__name__.rpartition('.')[2]}.{action.__name__}(" in inspect.getsource(room), action


def test_the_published_descriptions_do_not_repeat_it(web):
    operations = [one for methods in web.openapi()["paths"].values() for one in methods.values()]
    assert not [one["operationId"] for one in operations if re.search("Operations?:", one["description"])]
