"""The composition root: an app's manifest, settings and handlers wired into one object that can be started."""

from erpnext_connector.connector.connector import Connector
from erpnext_connector.connector.reach import MAIN_SITE

__all__ = ["MAIN_SITE", "Connector"]
