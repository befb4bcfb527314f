"""What people do under Third-party apps, done for them by the app itself."""

from __future__ import annotations

from erpnext_connector.call import Call
from erpnext_connector.wire import paths
from erpnext_connector.wire import reply as replies


def disconnect(client_id: str) -> Call[None]:
    """Take all access away that the caller ever gave to this client: every row of tokens is deleted.

    `revoke_token` ends one row of many (zero-install 8). It takes a token that is alive, the last thing it does.
    """
    path = paths.method("frappe.www.third_party_apps.delete_client")
    return Call("POST", path, replies.raise_for_error, form={"client_id": client_id}, repeatable=True)
