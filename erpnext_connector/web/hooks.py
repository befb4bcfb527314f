"""Where sites deliver their webhooks."""

from __future__ import annotations

from erpnext_connector.errors import NotFound
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse, json_response


def hook(door: Door, request: WebRequest, site_id: str) -> WebResponse:
    """Keep a delivery and say so; nothing here waits for ERPNext.

    Raises `NotFound` for an unknown site, and what `Inbox.accept` raises. Frappe repeats what is not answered with a
    status below 300 (frappe-quirks 5).
    """
    running = door.connector.running
    if running.reach.find(site_id) is None:
        raise NotFound("This app knows no such site.", hint="Correct the Request URL of the Webhook document.")
    running.inbox.accept(site_id, request.body, request.headers)
    return json_response({})
