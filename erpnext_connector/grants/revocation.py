"""Ending a user's grant for real: at the site, proved by a call, and here."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final, Literal

from erpnext_connector.client import Anonymous, Bearer
from erpnext_connector.errors import (
    AccountRefused,
    ConnectorError,
    Forbidden,
    GrantLost,
    Invalid,
    Misconfigured,
    NotFrappe,
    SignInRequired,
)
from erpnext_connector.grants.reach import Reach
from erpnext_connector.oauth import grant
from erpnext_connector.oauth.identity import userinfo
from erpnext_connector.secret import Secret
from erpnext_connector.store.vault import Vault
from erpnext_connector.wire.third_party_apps import disconnect

REVOKED_HERE: Final = "revoked_here"

AtSite = Literal["ended", "was_ended", "owed"]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Revoked:
    """What became of a grant that was to end; here it is gone in any case.

    `at_site`: "ended", proved by a call that the token no longer opens; "was_ended" before, by somebody else; "owed":
    the site could not be asked, which is tried again until it can.
    """

    site_id: str
    user: str
    at_site: AtSite


class Revoker:
    """Ends grants: nothing is left of them here, and nothing that opens anything at the site."""

    def __init__(self, vault: Vault, reach: Reach) -> None:
        self._vault = vault
        self._reach = reach

    def revoke(self, site_id: str, user: str, *, reason: str = REVOKED_HERE) -> Revoked:
        """End the user's grant and sessions; raises nothing because of the site.

        All tokens go that the user ever gave to this app there, older pairs and those of other devices too.
        """
        at_site = self._at_site(site_id, user)
        self._vault.forget(site_id, user, reason=reason, owes=at_site == "owed")
        return Revoked(site_id, user, at_site)

    def settle(self, site_id: str, access: Secret) -> bool:
        """End one pair of tokens, of which the access token may have expired; False when the site can't be asked."""
        client, endpoints = self._reach.oauth_client(site_id), self._reach.endpoints(site_id)
        try:
            self._reach.client(site_id, Anonymous()).send(grant.revoke(client, access, endpoints=endpoints))
        except ConnectorError as error:
            _log.info("A token is yet to be revoked: %s.", error.code)
            return False
        return True

    def _at_site(self, site_id: str, user: str) -> AtSite:
        try:
            access = self._vault.fresh(site_id, user)  # a token that has expired opens nothing, not even its own end
            self._disconnect(site_id, access)
            return "ended" if self.is_dead(site_id, access) else "owed"
        except GrantLost:
            return "was_ended"
        except ConnectorError as error:
            _log.warning("A grant was ended here, and the site is yet to be told: %s.", error.code)
            return "owed"

    def _disconnect(self, site_id: str, access: Secret) -> None:
        """End all pairs; where a site does not offer that, this one."""
        client = self._reach.oauth_client(site_id)
        try:
            self._reach.client(site_id, Bearer(access)).send(disconnect(client.client_id))
        except SignInRequired:
            return  # it has ended meanwhile
        except (Invalid, Forbidden, NotFrappe) as error:
            _log.info("The site does not let apps disconnect themselves (%s); one pair is revoked.", error.code)
            call = grant.revoke(client, access, endpoints=self._reach.endpoints(site_id))
            self._reach.client(site_id, Anonymous()).send(call)

    def is_dead(self, site_id: str, access: Secret) -> bool:
        """Whether the site no longer takes this token, by a real call: introspection calls dead tokens active.

        Raises `Retryable` when the site can't say.
        """
        try:
            self._reach.client(site_id, Bearer(access)).send(userinfo(endpoints=self._reach.endpoints(site_id)))
        except (SignInRequired, AccountRefused):  # Frappe 13 takes a dead token's bearer for Guest
            return True
        except Misconfigured as error:
            _log.warning("Whether a token is dead could not be seen: %s.", error.code)
        return False
