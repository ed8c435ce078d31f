"""Requests made up from our own document, right ones and wrong ones, in JSON and in XML: no answer is our fault."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from support.published import JSON, XML, Published

_EXAMPLES = {"sqlite": 10, "postgres": 3}  # of each operation


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["right", "wrong"])
def test_what_follows_or_breaks_the_document_is_answered_as_published(web, api, mode, request):
    published = Published(web.openapi())
    examples = _EXAMPLES[request.node.callspec.params["database_url"]]
    for found in schemathesis.openapi.from_dict(web.openapi()).get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode), st.sampled_from([JSON, XML]))
        def check(case, accept):
            answer = _send(api, case, accept)
            assert answer.status_code < 500, answer.text
            published.check(case.operation.definition.raw["operationId"], answer)

        check()


def _send(api, case, accept):
    sent = case.as_transport_kwargs(base_url="https://waybell.example")
    headers = {**sent["headers"], "X-API-KEY": api.headers["X-API-KEY"], "Accept": accept}
    body = {"json": sent["json"]} if "json" in sent else {"content": sent.get("data")}
    return api.request(sent["method"], sent["url"], params=sent["params"], headers=headers, **body)
