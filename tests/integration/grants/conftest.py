"""An app beside a sandbox ERPNext, both really served."""

from tests.integration.world import changes, framework, frappe, sandbox, store_url, world

__all__ = ["changes", "framework", "frappe", "sandbox", "store_url", "world"]
