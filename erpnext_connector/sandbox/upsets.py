"""What can befall the grants of an app behind its back, brought about on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from erpnext_connector.sandbox import jobs, passwords, records, token_rows
from erpnext_connector.sandbox.documents import Documents
from erpnext_connector.sandbox.permissions import ADMINISTRATOR
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.token_rows import CLIENT, STAMP, TOKEN

CODE: Final = "OAuth Authorization Code"
NEW_PASSWORD: Final = "Changed-Pw-1"  # noqa: S105  everybody knows the sandbox's passwords


@dataclass(frozen=True, slots=True)
class Target:
    """Whom an upset is about: a user, a client by its id or name; empty means all of them."""

    user: str = ""
    client: str = ""
    password: str = NEW_PASSWORD


@dataclass(frozen=True, slots=True)
class Upset:
    """One kind of upset: what it does in a few words, what of the target it needs."""

    about: str
    happen: Callable[[Site, Target], str]
    needs: tuple[str, ...] = ()


def bring_about(site: Site, kind: str, target: Target) -> str:
    """Let it happen and commit; gives what happened in words, ValueError says what is wrong with the request.

    It may be called from any thread, also while the site answers requests.
    """
    upset = UPSETS.get(kind)
    if upset is None:
        raise ValueError(f"nothing is called {kind!r} here; there are {', '.join(UPSETS)}")
    for name in upset.needs:
        if not getattr(target, name):
            raise ValueError(f"{kind} needs a {name}")
    with site.lock:
        known = Target(_user(site, target.user), _client(site, target.client), target.password or NEW_PASSWORD)
        said = upset.happen(site, known)
        site.commit()
    return said


def _user(site: Site, name: str) -> str:
    found = records.read(site, "User", name) if name else None
    if name and found is None:
        raise ValueError(f"there is no user {name!r}")
    return str(found["name"]) if found else ""


def _client(site: Site, name: str) -> str:
    """The client's id; its name will do."""
    if not name:
        return ""
    found = [document for key in ("name", "app_name") for document in records.find(site, CLIENT, **{key: name})]
    if not found:
        raise ValueError(f"there is no OAuth client {name!r}")
    return str(found[0]["name"])


def _rows(site: Site, target: Target) -> list[records.Document]:
    equal = {"user": target.user, "client": target.client}
    return records.find(site, TOKEN, **{field: value for field, value in equal.items() if value})


def _expire(site: Site, target: Target) -> str:
    """Access tokens die, refresh tokens don't."""
    found = _rows(site, target)
    past = (datetime.fromisoformat(site.now()) - timedelta(seconds=1)).strftime(STAMP)
    for row in found:
        records.change(site, TOKEN, str(row["name"]), expiration_time=past)
    return f"{len(found)} access tokens have expired"


def _revoke(site: Site, target: Target) -> str:
    """What the person does under Third-party apps."""
    count = token_rows.take_away(site, target.user, target.client)
    return f"{target.user} took the app's access away: {count} pairs of tokens are gone"


def _purge(site: Site, target: Target) -> str:
    """As the log clearing of Frappe 16 and later: past the documents, so that no webhook is sent."""
    found = _rows(site, target)
    for row in found:
        records.remove(site, TOKEN, str(row["name"]))
    return f"{len(found)} pairs of tokens were purged, no webhook was sent"


def _drop_client(site: Site, target: Target) -> str:
    """An administrator deletes the client: its tokens have to go first (Frappe says LinkExistsError else)."""
    for doctype in (TOKEN, CODE):
        for row in records.find(site, doctype, client=target.client):
            records.trash(site, doctype, str(row["name"]), ADMINISTRATOR)
    records.trash(site, CLIENT, target.client, ADMINISTRATOR)
    return f"the OAuth client {target.client} is deleted with its tokens"


def _enable(site: Site, target: Target) -> str:
    site.part(Documents).update("User", target.user, {"enabled": 1}, ADMINISTRATOR)
    return f"{target.user} is enabled"


def _disable(site: Site, target: Target) -> str:
    site.part(Documents).update("User", target.user, {"enabled": 0}, ADMINISTRATOR)
    return f"{target.user} is disabled"


def _reset_password(site: Site, target: Target) -> str:
    passwords.reset(site, target.user, target.password)
    return f"{target.user} chose the password {target.password}"


def _set_password(site: Site, target: Target) -> str:
    passwords.set_by_administrator(site, target.user, target.password)
    return f"an administrator gave {target.user} the password {target.password}"


def _run_jobs(site: Site, _target: Target) -> str:
    jobs.run(site)
    return "the scheduler ran: used codes, revoked tokens and what was idle for too long are deleted"


def _allow_registrations(site: Site, _target: Target) -> str:
    site.registrations.reset()
    return "every address may register a client again"


def _unlimit_registrations(site: Site, _target: Target) -> str:
    site.registrations.limit = 0
    return "clients may register as often as they like"


UPSETS: Final[Mapping[str, Upset]] = {
    "expire_tokens": Upset("Let access tokens expire now", _expire),
    "revoke_app": Upset("Revoke an app under Third-party apps", _revoke, ("user", "client")),
    "purge_tokens": Upset("Purge tokens as after 30 idle days", _purge),
    "drop_client": Upset("Delete an OAuth client", _drop_client, ("client",)),
    "disable_user": Upset("Disable a user", _disable, ("user",)),
    "enable_user": Upset("Enable a user again", _enable, ("user",)),
    "reset_password": Upset("Reset a password as the person does", _reset_password, ("user",)),
    "set_password": Upset("Set a password as an administrator does", _set_password, ("user",)),
    "run_jobs": Upset("Run the scheduler's jobs now", _run_jobs),
    "allow_registrations": Upset("Forget who registered a client", _allow_registrations),
    "unlimit_registrations": Upset("Lift the limit of registrations", _unlimit_registrations),
}
