"""What Frappe's scheduler does to tokens, codes and clients, past their documents: no webhook hears of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from erpnext_connector.sandbox.site import Site
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
    """Delete used codes and revoked tokens (`frappe.oauth.delete_oauth2_data`); gives the number of tokens."""
    site.db.execute("""DELETE FROM "tabOAuth Authorization Code" WHERE validity = 'Invalid'""")
    found = site.db.execute("""DELETE FROM "tabOAuth Bearer Token" WHERE status = 'Revoked'""")
    site.commit()
    return found.rowcount


def forget_idle(site: Site, days: float = IDLE_DAYS) -> int:
    """Delete the tokens that expired so many days ago, as the log clearing of Frappe 16 does; gives their number."""
    found = site.db.execute(
        'DELETE FROM "tabOAuth Bearer Token" WHERE expiration_time < ?', (_ago(site, days * 86_400),)
    )
    site.commit()
    return found.rowcount


def forget_unused_clients(site: Site) -> int:
    """Delete the clients that registered themselves ten minutes ago without getting a token since."""
    unused = """is_dynamic_client = 1 AND creation <= ?
        AND name NOT IN (SELECT client FROM "tabOAuth Bearer Token" WHERE client IS NOT NULL)"""
    found = site.db.execute(f'DELETE FROM "tabOAuth Client" WHERE {unused}', (_ago(site, UNUSED_CLIENT_SECONDS),))
    site.commit()
    return found.rowcount


def _ago(site: Site, seconds: float) -> str:
    return str(datetime.fromisoformat(site.now()) - timedelta(seconds=seconds))
