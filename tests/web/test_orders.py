"""The order operations of the API, and the events that they fire."""


def an_order(**members):
    return {"Number": "N-1", "Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn", **members}


def test_a_new_order_is_there_under_its_number_and_is_told(api, told):
    made = api.post("/api/Order", json=an_order(Weight="10.5", Type=1))
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == "/Order/Number/N-1"
    order = api.get("/api/Order/Number/N-1").json()
    assert (order["Number"], order["Weight"], order["Type"], order["StatusId"]) == ("N-1", 10.5, 1, None)
    [event] = told.news()
    assert event.type == "OrderCreated"
    assert event.subject == f"order:{order['TrackId']}"
    assert event.data == {name: value for name, value in order.items() if value is not None}
