"""Whatever a caller sends, the answer is never an internal error. `make fuzz` sends many times as much."""

import os
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from waybell.checks.model import NewVehicleCheck
from waybell.directory.entry_kinds import KINDS
from waybell.directory.model import NewAddress, NewDriver, NewVehicle, UpdateDriver, UpdateVehicle
from waybell.orders.requests import CompleteOrder, NewCustomField, NewOrder, OrderFeedback, OrderLoad, StatusRequest
from waybell.routes.requests import NewRoute
from waybell.tracks.model import NewTrackPoint

_WORDS = st.sampled_from(
    [
        "",
        " ",
        "\0",
        "NaN",
        "1e999",
        "-1",
        "true",
        "null",
        "2026-11-23",
        "24:00",
        "2026-11-23T10:00:00+99:00",
        "\U0001f600",
    ]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _WORDS
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
_TIMES = int(os.environ.get("WAYBELL_TEST_TIMES", "1"))
_EXAMPLES = {"sqlite": 60 * _TIMES, "postgres": 15 * _TIMES}  # of each body; most are refused before any database


def _slowly(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=_TIMES == 1,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def _some_of(model, **more):
    """Objects with members of the model, most of them wrong."""
    names = [field.alias for field in model.model_fields.values()]
    rubbish = st.dictionaries(st.sampled_from(names), _JSON, max_size=5)
    required = st.sampled_from([{}, {"Client": "C", "Address": "A", "Number": "N", "Code": "R", "Id": "I"}])
    return st.builds(lambda base, wrong: {**base, **more, **wrong}, required, rubbish)


_ORDER = _some_of(NewOrder)
_ROUTE = _some_of(NewRoute) | st.builds(
    lambda route, orders: {**route, "Orders": orders}, _some_of(NewRoute), st.lists(_ORDER, max_size=3)
)


@pytest.mark.parametrize(
    ("method", "path", "bodies"),
    [
        ("POST", "/api/Order", _ORDER | _JSON),
        ("PUT", "/api/Order", _ORDER | _JSON),
        ("POST", "/api/Order/Bulk", st.lists(_ORDER | _JSON, max_size=4) | _JSON),
        ("POST", "/api/Route?update=true", _ROUTE | _JSON),
        ("PUT", "/api/Route/Code/R-1", _ROUTE | _JSON),
        ("PUT", "/api/Order/Number/N-1/Complete", _some_of(CompleteOrder) | _JSON),
        ("PUT", "/api/Order/Number/N-1/Load", _some_of(OrderLoad) | _JSON),
        ("PUT", "/api/Order/Number/N-1/Feedback", _some_of(OrderFeedback) | _JSON),
        ("PUT", "/api/Order/Number/N-1/Status", _some_of(StatusRequest) | _JSON),
        ("PUT", "/api/Route/Code/R-1/Order", _ORDER | _JSON),
        ("PATCH", "/api/Route/Code/R-1/CustomFields", st.lists(_some_of(NewCustomField) | _JSON, max_size=3) | _JSON),
        ("POST", "/api/Vehicle", _some_of(NewVehicle) | _JSON),
        ("POST", "/api/Driver", _some_of(NewDriver, Password="") | _JSON),
        ("PUT", "/api/Driver", _some_of(UpdateDriver, Username="d", Password="") | _JSON),
        ("PUT", "/api/Vehicle", _some_of(UpdateVehicle) | _JSON),
        ("POST", "/api/Address", _some_of(NewAddress, FullAddress="A") | _JSON),
        ("POST", "/api/VehicleCheck", _some_of(NewVehicleCheck, VehicleNumber="1") | _JSON),
        (
            "POST",
            "/api/Route/Track/Code/R-1",
            st.lists(_some_of(NewTrackPoint, Lat=1, Lng=2, Date="2026-11-23") | _JSON, max_size=4) | _JSON,
        ),
        *(("POST", f"/api/{kind.noun}", _some_of(kind.shape) | _JSON) for kind in KINDS),
        ("POST", "/api/CustomField/Bulk", st.lists(_JSON, max_size=4) | _JSON),
    ],
)
@pytest.mark.timeout(600 * _TIMES)
def test_no_body_is_an_internal_error(api, method, path, bodies, request):
    api.post("/api/Route", json={"Code": "R-1", "Orders": [{"Number": "N-1", "Client": "C", "Address": "A"}]})

    @_slowly(_EXAMPLES[request.node.callspec.params["database_url"]])
    @given(bodies)
    def check(body):
        answer = api.request(method, path, content=to_json(body), headers={"Content-Type": "application/json"})
        assert answer.status_code < 500, answer.text

    check()


def test_what_is_no_json_object_is_refused(api):
    bodies = [
        b"{",
        b'{"Number": "\\ud800"}',
        b"\xff\xfe",
        b'{"Weight": NaN}',
        b'{"Weight": ' + b"9" * 5000 + b"}",
        b"[" * 10000,
        b'{"Number": ' + b"9" * 5000 + b"}",
        b'{"Weight": 1e999}',
        b'{"Type": 1.5}',
        b'"x"',
        b"null",
        b"",
    ]
    for path, body in product(("/api/Order", "/api/Route", "/api/Driver", "/api/Vehicle"), bodies):
        answer = api.post(path, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400, (path, body[:20], answer.text)


@pytest.mark.parametrize(
    "path",
    [
        "Order/Number",
        "Order/Id",
        "Order/TrackId",
        "Order/Date",
        "Route/Code",
        "Route/Date",
        "Route/Track/Code",
        "Route/Track/Id",
        "Driver/Id",
        "Driver/Username",
        "Vehicle",
        "VehicleCheck",
        "VehicleCheck/Date",
        "Depot/Id",
        "CustomField/Id",
        "Order/Route/Date",
        "Order/Status/Date",
    ],
)
def test_no_key_is_an_internal_error(api, path):
    for key in ("%00", "%F0%9F%98%80", "%FF", "%ED%A0%80", "x" * 3000, "%2F%2F", "%20", "..%2F", "%3F%23"):
        assert api.get(f"/api/{path}/{key}").status_code in {400, 404}, key[:20]


def test_a_flag_is_yes_or_no(api):
    for query in ("update=perhaps", "update=%00", "mergeAddresses=[]"):
        assert api.post(f"/api/Route?{query}", json={"Code": "R-1"}).status_code == 400, query
