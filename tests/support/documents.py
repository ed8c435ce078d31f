"""Orders and routes as callers send and read them."""

from fastapi.testclient import TestClient


def an_order(number="N-1", **members):
    return {"Number": number, "Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn", **members}


def a_stop(number, **members):
    """An order at an address of its own."""
    return an_order(number, **{"Address": f"{number} street", **members})


def a_route(*numbers, **members):
    orders = {"Orders": [a_stop(number) for number in numbers]} if numbers else {}
    return {"Code": "R-1", "Id": "ext-r", "Date": "2026-11-23", **orders, **members}


def without_nulls(document):
    if isinstance(document, dict):
        return {name: without_nulls(value) for name, value in document.items() if value is not None}
    return [without_nulls(one) for one in document] if isinstance(document, list) else document


def get_order(api: TestClient, number="N-1"):
    return _get(api, f"/api/Order/Number/{number}")


def get_route(api: TestClient, code="R-1"):
    return _get(api, f"/api/Route/Code/{code}")


def _get(api, path):
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def stops(api: TestClient, code="R-1"):
    return [(order["Number"], order["SeqNumber"]) for order in get_route(api, code)["Orders"]]


def post_route(api: TestClient, body, **query):
    answer = api.post("/api/Route", json=body, params=query)
    assert answer.status_code in (201, 202), answer.text
    return answer
