"""What a site tells us: kept before it is answered, handled at least once."""

from erpnext_connector.inbox.event import Event
from erpnext_connector.inbox.inbox import MAX_BODY_BYTES, Inbox

__all__ = ["MAX_BODY_BYTES", "Event", "Inbox"]
