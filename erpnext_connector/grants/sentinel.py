"""The sentinel: notices what ERPNext does to grants without telling anybody."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from erpnext_connector.clock import Clock
from erpnext_connector.errors import ClientRefused, ConnectorError, CredentialsRefused, GrantLost, PermissionDenied
from erpnext_connector.grants.credentials import VaultCredentials
from erpnext_connector.grants.reach import Reach
from erpnext_connector.grants.revocation import Revoker
from erpnext_connector.store.grant_state import REVOKED, Due, Retired
from erpnext_connector.store.vault import Vault
from erpnext_connector.wire.accounts import Account, own_account
from erpnext_connector.wire.methods import logged_user

PERIOD_SECONDS: Final = 300.0
# Frappe from 16 on deletes tokens that nobody used for 30 days; a week for trying again is left of them.
KEEP_ALIVE_SECONDS: Final = 20 * 24 * 3600.0
# A token that can't be revoked for so long is left to expire.
_OWED_SECONDS: Final = 7 * 24 * 3600.0
_SITES_AT_ONCE: Final = 4
Looked = TypeVar("Looked", Due, Retired)
_log = logging.getLogger(__name__)


class Sentinel:
    """Looks after every grant once in `period_seconds`, with one call as its user.

    Whatever ended at the site ends here: an app revoked under Third-party apps, a user disabled, renamed or deleted, a
    password reset, a client deleted. Of all replicas one looks at a grant. A site that can't answer ends nothing.
    """

    def __init__(
        self,
        vault: Vault,
        revoker: Revoker,
        reach: Reach,
        clock: Clock,
        *,
        period_seconds: float = PERIOD_SECONDS,
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
    ) -> None:
        """With a period of 0 grants are kept alive, and nothing else is looked at."""
        self._vault = vault
        self._revoker = revoker
        self._reach = reach
        self._clock = clock
        self._period_seconds = period_seconds
        self._keep_alive_seconds = keep_alive_seconds

    def look(self, stopped: Callable[[], bool] = lambda: False) -> int:
        """Do all that is due now, sites side by side; how many grants were looked at."""
        looked = 0
        while not stopped() and (due := self._due()):
            looked += self._each(due, self.check, stopped)
        self._each(self._vault.idle(seconds=self._keep_alive_seconds), self._kept_alive, stopped)
        self._each(self._vault.retired(), self._settled, stopped)
        return looked

    def check(self, due: Due) -> None:
        """Ask the site about one grant, and end it here where it has ended there."""
        try:
            self._checked(due)
        except GrantLost:
            pass  # the vault has purged it, and told
        except ConnectorError as error:
            _log.info("The site %r could not tell about a grant: %s.", due.site_id, error.code)

    def verify(self, site_id: str, user: str) -> None:
        """Ask the site now; raises `GrantLost` when the grant has ended, `Retryable` when the site can't say."""
        due = self._vault.held(site_id, user)
        if due is None:
            raise GrantLost
        self._checked(due)

    def _due(self) -> tuple[Due, ...]:
        return self._vault.due(period_seconds=self._period_seconds) if self._period_seconds else ()

    def _checked(self, due: Due) -> None:
        try:
            account = self._account(due)
        except ClientRefused:
            self._vault.forget(due.site_id, due.user, reason="client_deleted")
            raise GrantLost from None
        except CredentialsRefused:  # it is renewed, and never taken: so the 2026 line treats disabled users
            self._revoker.revoke(due.site_id, due.user, reason=REVOKED)
            raise GrantLost from None
        except PermissionDenied:
            return  # users can't see themselves there; the token is alive
        reason = _ended_because(account, due)
        if reason:
            self._revoker.revoke(due.site_id, due.user, reason=reason)
            raise GrantLost
        if due.password_mark is None and account is not None:
            self._vault.mark_password(due.site_id, due.user, account.password_reset)

    def _account(self, due: Due) -> Account | None:
        """The user's account as the user sees it; None when the user has another name by now, or is gone.

        `ClientRefused` means that a token died before its time and that the site does not know the app: a client whose
        secret was changed alone leaves the tokens alive.
        """
        site = self._reach.client(due.site_id, VaultCredentials(self._vault, due.site_id, due.user))
        account = site.send(own_account(due.user))
        if account is None and site.send(logged_user()) == due.user:
            raise PermissionDenied
        return account

    def _kept_alive(self, due: Due) -> None:
        try:
            self._vault.fresh(due.site_id, due.user)
        except ConnectorError as error:
            _log.info("A grant on the site %r could not be kept alive: %s.", due.site_id, error.code)

    def _settled(self, retired: Retired) -> None:
        is_hopeless = self._clock.now() - retired.retired_at > _OWED_SECONDS
        if self._revoker.settle(retired.site_id, retired.access) or is_hopeless:
            self._vault.revoked(retired)

    def _each(self, found: Iterable[Looked], do: Callable[[Looked], None], stopped: Callable[[], bool]) -> int:
        """Do it for all, in order within a site; a slow site holds up no other."""
        by_site: dict[str, list[Looked]] = defaultdict(list)
        for one in found:
            by_site[one.site_id].append(one)

        def work(mine: list[Looked]) -> int:
            done = 0
            for one in mine:
                if stopped():
                    break
                do(one)
                done += 1
            return done

        if len(by_site) <= 1:
            return sum(work(mine) for mine in by_site.values())
        with ThreadPoolExecutor(_SITES_AT_ONCE, thread_name_prefix="sentinel") as pool:
            return sum(pool.map(work, by_site.values()))


def _ended_because(account: Account | None, due: Due) -> str | None:
    if account is None:
        return "renamed"
    if not account.is_enabled:
        return "disabled"
    is_reset = due.password_mark is not None and account.password_reset != due.password_mark
    return "password_reset" if is_reset else None
