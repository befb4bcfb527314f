"""Every error this package raises, in one tree whose branches say what the caller can do.

ConnectorError
├── Retryable              the same call may work later; nothing was lost
│   ├── SiteUnreachable        no connection: name, network or TLS
│   ├── SiteUnavailable        502, 503, 504 or maintenance
│   ├── SiteFault              the site answered 500
│   ├── RateLimited            429, with `retry_after_seconds`
│   ├── CircuitOpen            too many failures in a row: we stopped asking for a while
│   ├── StoreUnavailable       the app's own database can't be reached, or stays busy
│   └── TooManyAttempts        this app's own limit: sign-ins, pairings, tokens of strangers
├── OutcomeUnknown         the site may or may not have done it: look before repeating
├── SignInRequired         the user has to sign in again
│   ├── NotSignedIn            no session here
│   ├── GrantLost              ERPNext no longer accepts the user's grant (revoked, deleted, expired)
│   └── CredentialsRefused     the site refuses this API key or token
├── Forbidden              this caller may not do that
│   ├── PermissionDenied       ERPNext's permissions say no
│   ├── ConsentRefused         the user clicked Deny
│   ├── AccountRefused         Guest and Administrator can't sign in
│   ├── RequestForged          CSRF token missing or wrong
│   └── SignatureInvalid       a webhook without a valid signature
├── Invalid                the input is wrong; repeating it will not help
│   ├── NotFound               no such document, DocType, method or page
│   │   ├── DocumentNotFound
│   │   ├── DocTypeNotFound
│   │   └── MethodNotFound
│   ├── Refused                ERPNext's validation or a business rule said no (417)
│   │   ├── MandatoryMissing
│   │   └── LinkInvalid
│   ├── SignInFailed           the sign-in could not be finished: start it again
│   │   ├── StateUnknown           expired, used already, or from another browser
│   │   ├── CodeRefused            the site did not accept the authorization code
│   │   └── PairingUnknown         expired, used already, or mistyped
│   ├── TooLarge               body over the limit
│   └── BadRequest             anything else malformed
├── Conflict               somebody else was there first
│   ├── StaleDocument          changed upstream since it was read; holds both versions
│   ├── DuplicateName          a document of that name exists
│   └── LinkedDocument         other documents refer to it
└── Misconfigured          whoever runs the app must change something
    ├── SiteAddressInvalid
    ├── SiteInsecure           plain http to a public host
    ├── NotFrappe              something answers there, but it is not Frappe
    ├── RedirectRefused        the site redirected an API call
    ├── ClientRefused          unknown OAuth client, redirect URI or scope
    ├── SettingMissing
    ├── ManifestInvalid
    └── KeyUnusable            a sealed value can't be opened with the keys at hand
        └── KeyErased              it never opens again: the user's data was erased
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ConnectorError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"
    hint: str = "Run `erpnext-connector doctor URL` and look at its verdicts."
    http_status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    done: tuple[str, ...] = ()
    """What was done before it failed, for work that takes several calls: the names of documents."""

    def __init__(
        self,
        message: str | None = None,
        *,
        hint: str | None = None,
        upstream_status: int | None = None,
        exc_type: str | None = None,
    ) -> None:
        """`message` defaults to the class's docstring; `upstream_status` and `exc_type` are what Frappe said."""
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        if hint is not None:
            self.hint = hint
        self.upstream_status = upstream_status
        self.exc_type = exc_type
        super().__init__(self.message)

    def as_dict(self) -> dict[str, Any]:
        """The error as JSON shows it: `code`, `message`, `hint`, and `exc_type` where Frappe named a class."""
        shown: dict[str, Any] = {"code": self.code, "message": self.message, "hint": self.hint}
        return {**shown, "exc_type": self.exc_type} if self.exc_type else shown


# --- Retryable ---------------------------------------------------------------------------------------------------


class Retryable(ConnectorError):
    """ERPNext can't answer right now."""

    code = "retry_later"
    hint = "Nothing was lost. Try again in a moment."
    http_status = 503
    exit_code = 75  # EX_TEMPFAIL

    def __init__(self, message: str | None = None, *, retry_after_seconds: float | None = None, **said: Any) -> None:
        super().__init__(message, **said)
        self.retry_after_seconds = retry_after_seconds


class SiteUnreachable(Retryable):
    """ERPNext could not be reached."""

    code = "site_unreachable"
    hint = "Check the address and the network, or try again in a moment; `erpnext-connector doctor URL` tells which."


class SiteUnavailable(Retryable):
    """ERPNext is down for maintenance or overloaded."""

    code = "site_unavailable"


class SiteFault(Retryable):
    """ERPNext failed while answering."""

    code = "site_fault"
    hint = "Try again; if it stays, the site's Error Log names the cause."
    http_status = 502


class RateLimited(Retryable):
    """ERPNext asks us to slow down."""

    code = "rate_limited"
    hint = "Wait as long as it says; the site's plan or its rate_limit setting sets the budget."
    http_status = 429


class CircuitOpen(Retryable):
    """ERPNext failed several times in a row, so calls to it are paused for a moment."""

    code = "circuit_open"


class StoreUnavailable(Retryable):
    """The app's own database can't be reached right now."""

    code = "store_unavailable"
    hint = "Try again in a moment; if it stays, check CONNECTOR_DATABASE_URL and that the database runs."


class TooManyAttempts(Retryable):
    """There were too many attempts from here."""

    code = "too_many_attempts"
    hint = "Wait as long as it says, then try again."
    http_status = 429


class OutcomeUnknown(ConnectorError):
    """The connection broke after the request was sent: ERPNext may or may not have done it."""

    code = "outcome_unknown"
    hint = "Look at the document in ERPNext before doing it again."
    http_status = 504
    exit_code = 75


# --- Sign-in -----------------------------------------------------------------------------------------------------


class SignInRequired(ConnectorError):
    """Please sign in with your ERPNext account."""

    code = "sign_in_required"
    hint = "Sign in, and you come back to where you were."
    http_status = 401
    exit_code = 77  # EX_NOPERM


class NotSignedIn(SignInRequired):
    """Please sign in with your ERPNext account."""

    code = "not_signed_in"


class GrantLost(SignInRequired):
    """ERPNext no longer lets this app act for you: the access was revoked or has expired."""

    code = "grant_lost"


class CredentialsRefused(SignInRequired):
    """ERPNext refuses these credentials."""

    code = "credentials_refused"
    hint = "Make a new API key for the user in ERPNext (User, Settings, API Access) and set it here."


# --- Forbidden ---------------------------------------------------------------------------------------------------


class Forbidden(ConnectorError):
    """You may not do that."""

    code = "forbidden"
    hint = "Ask the ERPNext administrator for the permission."
    http_status = 403
    exit_code = 77


class PermissionDenied(Forbidden):
    """ERPNext's permissions don't allow that."""

    code = "permission_denied"


class ConsentRefused(Forbidden):
    """You chose not to give this app access to your ERPNext account."""

    code = "consent_refused"
    hint = "Nothing was changed. Sign in again and choose Allow if you change your mind."


class AccountRefused(Forbidden):
    """This ERPNext account can't be used to sign in here."""

    code = "account_refused"
    hint = "Sign in to ERPNext as a person: Guest and Administrator are refused."


class RequestForged(Forbidden):
    """The form was not sent from a page of this app, or the page was open for too long."""

    code = "request_forged"
    hint = "Reload the page and try again."


class SignatureInvalid(Forbidden):
    """The webhook's signature does not match its body."""

    code = "signature_invalid"
    hint = "Set the same secret in the Webhook document in ERPNext and in this app."


# --- Invalid -----------------------------------------------------------------------------------------------------


class Invalid(ConnectorError):
    """The request is not valid."""

    code = "invalid"
    hint = "Correct the input; repeating it unchanged will not help."
    http_status = 400
    exit_code = 65  # EX_DATAERR


class NotFound(Invalid):
    """ERPNext has nothing of that name."""

    code = "not_found"
    hint = "Check the name. It may have been renamed or deleted, or you may not see it."
    http_status = 404


class DocumentNotFound(NotFound):
    """ERPNext has no such document."""

    code = "document_not_found"


class DocTypeNotFound(NotFound):
    """ERPNext has no such DocType."""

    code = "doctype_not_found"
    hint = "Check the spelling, and that the app which brings the DocType is installed on the site."


class MethodNotFound(NotFound):
    """ERPNext has no such method."""

    code = "method_not_found"
    hint = "Check the dotted path, and that the site's version has it."


class Refused(Invalid):
    """ERPNext refused the change."""

    code = "refused"
    hint = "Correct what the message names and send it again."
    http_status = 422


class MandatoryMissing(Refused):
    """A mandatory field is empty."""

    code = "mandatory_missing"
    hint = "Fill the fields that the message names."


class LinkInvalid(Refused):
    """A link field names a document that does not exist."""

    code = "link_invalid"
    hint = "Pick the document again; it may have been renamed or deleted."


class SignInFailed(Invalid):
    """The sign-in could not be finished."""

    code = "sign_in_failed"
    hint = "Start again with Sign in."


class StateUnknown(SignInFailed):
    """This sign-in link has expired, was used already, or belongs to another browser."""

    code = "state_unknown"


class CodeRefused(SignInFailed):
    """ERPNext did not accept the authorization code."""

    code = "code_refused"


class PairingUnknown(SignInFailed):
    """This pairing code has expired, was used already, or is not right."""

    code = "pairing_unknown"
    hint = "Show a new code in the browser that is signed in, and scan that one."


class TooLarge(Invalid):
    """The request is too large."""

    code = "too_large"
    http_status = 413


class BadRequest(Invalid):
    """The request is malformed."""

    code = "bad_request"


# --- Conflict ----------------------------------------------------------------------------------------------------


class Conflict(ConnectorError):
    """Somebody else was there first."""

    code = "conflict"
    hint = "Load the document again and repeat your change."
    http_status = 409
    exit_code = 65


class StaleDocument(Conflict):
    """The document was changed in ERPNext after you loaded it."""

    code = "stale_document"

    def __init__(
        self,
        message: str | None = None,
        *,
        mine: Mapping[str, Any] | None = None,
        theirs: Mapping[str, Any] | None = None,
        **said: Any,
    ) -> None:
        """`mine` is what was to be written, `theirs` the document as ERPNext has it now (None if not readable)."""
        super().__init__(message, **said)
        self.mine = mine
        self.theirs = theirs


class DuplicateName(Conflict):
    """ERPNext already has a document of that name."""

    code = "duplicate_name"
    hint = "Use the existing document, or choose another name."


class LinkedDocument(Conflict):
    """Other documents refer to this one."""

    code = "linked_document"
    hint = "Remove or cancel the documents that the message names first."


# --- Misconfigured -----------------------------------------------------------------------------------------------


class Misconfigured(ConnectorError):
    """The app is not set up correctly."""

    code = "misconfigured"
    http_status = 500
    exit_code = 78  # EX_CONFIG


class SiteAddressInvalid(Misconfigured):
    """That is not the address of a site."""

    code = "site_address_invalid"
    hint = "Write it like https://erp.example.com, without a path."


class SiteInsecure(Misconfigured):
    """Plain http would send tokens readable over the network."""

    code = "site_insecure"
    hint = "Use https. Plain http is allowed for loopback addresses only."


class NotFrappe(Misconfigured):
    """Something answers at that address, but it is not a Frappe site."""

    code = "not_frappe"
    hint = "Open the address in a browser: it must show the ERPNext login page."


class RedirectRefused(Misconfigured):
    """The site redirects API calls elsewhere, and credentials don't follow redirects."""

    code = "redirect_refused"
    hint = "Use the address it redirects to as the site's address."


class ClientRefused(Misconfigured):
    """ERPNext does not know this OAuth client, its redirect URI or its scopes."""

    code = "client_refused"
    hint = "Compare client id, redirect URI (every character) and scopes with the OAuth Client document in ERPNext."


class SettingMissing(Misconfigured):
    """A setting is missing."""

    code = "setting_missing"


class ManifestInvalid(Misconfigured):
    """The manifest is not valid."""

    code = "manifest_invalid"
    hint = "Correct connector.toml at the place the message names."


class KeyUnusable(Misconfigured):
    """A sealed value can't be opened with the keys at hand."""

    code = "key_unusable"
    hint = "Put back the key that sealed it (CONNECTOR_KEY or the key file), or let users sign in again."


class KeyErased(KeyUnusable):
    """The user's data was erased: what was sealed for that user never opens again."""

    code = "key_erased"
    hint = "Nothing can bring it back. The user signs in again."
