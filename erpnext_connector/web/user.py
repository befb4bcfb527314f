"""The person behind a request."""

from __future__ import annotations

from dataclasses import dataclass, field

from erpnext_connector.client import AsyncClient, Client
from erpnext_connector.connector import Connector
from erpnext_connector.oauth.identity import Profile
from erpnext_connector.store.sessions import Session


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in, with what ERPNext said of the person at sign-in, and clients that act as that person."""

    profile: Profile
    session: Session = field(repr=False)
    connector: Connector = field(repr=False, compare=False)

    @property
    def site(self) -> str:
        """The id of the ERPNext site the person belongs to."""
        return self.session.site_id

    @property
    def user(self) -> str:
        """The name of the User document, as fields such as `owner` hold it."""
        return self.profile.user

    @property
    def identity(self) -> str:
        """What names this person on the site for ever: keep your own users by `site` and this."""
        return self.profile.identity

    @property
    def email(self) -> str:
        """A label, not an identity: it may change."""
        return self.profile.email

    @property
    def full_name(self) -> str:
        """What to call the person."""
        return self.profile.full_name

    @property
    def picture(self) -> str | None:
        """The address of an image on the site, where there is one."""
        return self.profile.picture

    @property
    def roles(self) -> tuple[str, ...]:
        """The ERPNext roles at the time of sign-in."""
        return self.profile.roles

    @property
    def csrf_token(self) -> str:
        """What forms send as `csrf_token`, and scripts as header `X-CSRF-Token`."""
        return self.session.csrf.reveal()

    @property
    def erpnext(self) -> AsyncClient:
        """ERPNext as this person, for `async def`; it refreshes by itself."""
        return self.connector.aclient(self.site, self.user)

    @property
    def erpnext_sync(self) -> Client:
        """ERPNext as this person, for plain `def`."""
        return self.connector.client(self.site, self.user)
