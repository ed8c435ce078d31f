"""What a caller is told while the database takes no writes."""

import pytest
from sqlalchemy import event


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_who_writes_to_the_second_of_two_databases_is_told_to_come_again(app, api):
    """As after a fail-over: 25006 is no error of a connection, and no fault of ours."""
    order = {"Number": "N-1", "Client": "Blue Harbour Cafe", "Address": "Kalasadama 4, Tallinn"}

    def begin(connection):
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")

    event.listen(app.database.engine, "begin", begin)
    answer = api.post("/api/Order", json=order)
    event.remove(app.database.engine, "begin", begin)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert api.post("/api/Order", json=order).status_code == 201
