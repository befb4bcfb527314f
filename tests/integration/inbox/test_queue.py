from __future__ import annotations

from erpnext_connector.inbox.queue import _ready
from erpnext_connector.store.database import Database


def test_looking_for_work_does_not_read_what_was_handled_long_ago(database: Database) -> None:
    explain = "EXPLAIN QUERY PLAN " if database.dialect == "sqlite" else "EXPLAIN "
    with database.read() as connection:
        query = _ready(4, now=1.0).compile(connection.engine, compile_kwargs={"literal_binds": True})
        if database.dialect == "postgresql":  # a table this small is cheaper to scan, a large one is not
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = str(connection.exec_driver_sql(explain + str(query)).all())
    assert "connector_inbox_events_waiting" in plan
    assert "connector_inbox_events_in_order" in plan
