"""What Frappe's scheduler does to tokens, codes and clients."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from erpnext_connector.sandbox import records
from erpnext_connector.sandbox.permissions import ADMINISTRATOR
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.token_rows import CLIENT
from erpnext_connector.sandbox.versions import HARDENED

EVERY_SECONDS: Final = 15 * 60
IDLE_DAYS: Final = 30
UNUSED_CLIENT_SECONDS: Final = 10 * 60


def run_due(site: Site) -> None:
    """Run what is due when a request comes: the jobs every quarter of an hour, the dynamic clients at once."""
    if site.frappe >= HARDENED:
        forget_unused_clients(site)
    if site.clock.now() - site.jobs_ran_at >= EVERY_SECONDS:
        run(site)


def run(site: Site) -> None:
    """Run every job now."""
    site.jobs_ran_at = site.clock.now()
    forget_used_up(site)
    if site.frappe >= 16:
        forget_idle(site)
    if site.frappe >= HARDENED:
        forget_unused_clients(site)


def forget_used_up(site: Site) -> int:
    """Delete used codes and revoked tokens (`frappe.oauth.delete_oauth2_data`); gives the number of tokens.

    This goes past the documents: no webhook hears of it.
    """
    site.db.execute("""DELETE FROM "tabOAuth Authorization Code" WHERE validity = 'Invalid'""")
    found = site.db.execute("""DELETE FROM "tabOAuth Bearer Token" WHERE status = 'Revoked'""")
    site.commit()
    return found.rowcount


def forget_idle(site: Site, days: float = IDLE_DAYS) -> int:
    """Delete the tokens that expired so many days ago, as the log clearing of Frappe 16 does; gives their number.

    This goes past the documents: no webhook hears of it.
    """
    found = site.db.execute(
        'DELETE FROM "tabOAuth Bearer Token" WHERE expiration_time < ?', (_ago(site, days * 86_400),)
    )
    site.commit()
    return found.rowcount


def forget_unused_clients(site: Site) -> int:
    """Delete the clients that registered themselves ten minutes ago without getting a token since."""
    unused = """SELECT name FROM "tabOAuth Client" WHERE is_dynamic_client = 1 AND creation <= ?
        AND name NOT IN (SELECT client FROM "tabOAuth Bearer Token" WHERE client IS NOT NULL)"""
    found = site.db.execute(unused, (_ago(site, UNUSED_CLIENT_SECONDS),)).fetchall()
    for row in found:
        site.db.execute('DELETE FROM "tabOAuth Authorization Code" WHERE client = ?', (row["name"],))
        records.trash(site, CLIENT, row["name"], ADMINISTRATOR)
    site.commit()
    return len(found)


def _ago(site: Site, seconds: float) -> str:
    return str(datetime.fromisoformat(site.now()) - timedelta(seconds=seconds))
