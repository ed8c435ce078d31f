"""Requests made up from our own document, right ones and wrong ones, in JSON and in XML: no answer is our fault.

`make fuzz` makes up many times as many, others each time.
"""

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from support.published import JSON, XML

_TIMES = int(os.environ.get("WAYBELL_TEST_TIMES", "1"))
_EXAMPLES = {"sqlite": 3 * _TIMES, "postgres": _TIMES}  # of each operation


@pytest.mark.timeout(600 * _TIMES)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_what_follows_or_breaks_the_document_is_answered_as_published(web, api, published, mode, request):
    examples = _EXAMPLES[request.node.callspec.params["database_url"]]
    for found in schemathesis.openapi.from_dict(web.openapi()).get_all_operations():
        operation = found.ok()  # type: ignore[union-attr]
        keys = _known_keys(api)

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=_TIMES == 1,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode), st.sampled_from([JSON, XML]), st.sampled_from([keys, None]))
        def check(case, accept, known):
            if known:
                case.path_parameters = {name: known.get(name, "1") for name in case.path_parameters}
            answer = _send(api, case, accept)
            assert answer.status_code < 500, answer.text
            published.check(case.operation.definition.raw["operationId"], answer)

        check()


def _known_keys(api):
    """Keys of objects that are there whatever was done before, so that not everything is merely not found."""
    order = {"Number": "one", "Id": "one", "Client": "C", "Address": "A"}
    route = {"Code": "one", "Id": "one", "Date": "2026-11-23", "Orders": [order]}
    assert api.post("/api/Route?update=true", json=route).status_code in {201, 202, 400}
    api.post("/api/Order", json=order)
    endpoint = api.post("/api/Webhook", json={"Url": "https://erp.example/in"}).json()
    track_id = api.get("/api/Order/Number/one").json()["TrackId"]
    known = dict.fromkeys(("number", "id", "code", "orderId", "username"), "one")
    return known | {"date": "2026-11-23", "trackId": track_id, "endpointId": endpoint["Id"]}


def _send(api, case, accept):
    sent = case.as_transport_kwargs(base_url="https://waybell.example")
    headers = {**sent["headers"], "X-API-KEY": api.headers["X-API-KEY"], "Accept": accept}
    body = {"json": sent["json"]} if "json" in sent else {"content": sent.get("data")}
    return api.request(sent["method"], sent["url"], params=sent["params"], headers=headers, **body)
