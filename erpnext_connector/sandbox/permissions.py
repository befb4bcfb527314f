"""Who may do what: roles, owners, user permissions, shares."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from erpnext_connector.sandbox.collation import fold
from erpnext_connector.sandbox.errors import FrappeError, bold
from erpnext_connector.sandbox.meta import DocType, Permission
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.tables import quoted, table

ADMINISTRATOR: Final = "Administrator"
RIGHTS: Final = (
    "select",
    "read",
    "write",
    "create",
    "delete",
    "submit",
    "cancel",
    "amend",
    "print",
    "email",
    "report",
    "import",
    "export",
    "share",
)
SHARED_RIGHTS: Final = ("read", "write", "share", "submit", "email", "print")


@dataclass(slots=True)
class Rights:
    """What a user's roles allow; `if_owner` are the rights that only owners have."""

    allowed: dict[str, int]
    if_owner: dict[str, int] = field(default_factory=dict)
    has_if_owner: bool = False

    def get(self, right: str) -> int:
        """1 where the right is given."""
        return self.allowed.get(right, 0)


@dataclass(frozen=True, slots=True)
class Condition:
    """A piece of SQL with its parameters."""

    sql: str
    parameters: tuple[Any, ...] = ()


class Permissions:
    """Frappe's permission rules over one site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.reasons: list[str] = []

    def rights(self, doctype: DocType, user: str, *, is_owner: bool = False) -> Rights:
        """What the user's roles allow for documents of the DocType."""
        if user == ADMINISTRATOR:
            return Rights(dict.fromkeys(RIGHTS, 1))
        roles = set(self._site.roles(user))
        rules = [rule for rule in doctype.permissions if rule.role in roles and rule.permlevel == 0]
        found = Rights({}, has_if_owner=any(rule.if_owner for rule in rules))
        for right in RIGHTS:
            given = [rule for rule in rules if _gives(rule, right)]
            found.allowed[right] = int(bool(given))
            if given and all(rule.if_owner for rule in given) and right != "create":
                found.if_owner[right] = int(is_owner)
                found.allowed[right] = int(right in ("select", "read"))
        return found

    def of_document(self, doctype: DocType, document: Document, user: str) -> dict[str, int]:
        """Every right of the user on one document."""
        if user == ADMINISTRATOR:
            return dict.fromkeys(RIGHTS, 1)
        is_owner = str(document.get("owner") or "").lower() == user.lower()
        rights = self.rights(doctype, user, is_owner=is_owner)
        if not self._controller_allows(doctype, document, "read", user):
            return {"null": 0}  # Frappe's own: no right was asked for, so none is named
        allowed = dict(rights.allowed)
        allowed["submit"] = allowed["submit"] if doctype.is_submittable else 0
        allowed["import"] = 0
        if rights.has_if_owner:
            allowed |= rights.if_owner
        if self._user_permissions_allow(doctype, document, user):
            return allowed
        return {**rights.if_owner, "create": 0} if is_owner else {}

    def allows(
        self, doctype: DocType, right: str, user: str, document: Document | None = None, parent: str | None = None
    ) -> bool:
        """Whether the user has the right on the DocType, or on one document; `reasons` says why not."""
        if user == ADMINISTRATOR:
            return True
        if doctype.istable:
            return self._allows_rows(doctype, right, user, document, parent)
        if document is None:
            return self._allows_doctype(doctype, right, user)
        granted = self._controller_allows(doctype, document, right, user)
        if not granted:
            self.reasons.append("Not allowed via controller permission check")
        if granted and self.of_document(doctype, document, user).get(right):
            return True
        if self._is_shared(doctype.name, right, user, str(document.get("name"))):
            return True
        self._refuse_document(doctype, document, user)
        return False

    def _allows_doctype(self, doctype: DocType, right: str, user: str) -> bool:
        if right == "submit" and not doctype.is_submittable:
            self.reasons.append("Document Type is not submittable")
            return False
        if self.rights(doctype, user).get(right):
            return True
        text = "User {} does not have doctype access via role permission for document {}"
        self.reasons.append(text.format(bold(user), bold(doctype.name)))
        return self._is_shared(doctype.name, right, user)

    def _refuse_document(self, doctype: DocType, document: Document, user: str) -> None:
        reason = f"User {bold(user)} does not have access to this document"
        if self._site.frappe >= 15:
            if self._allows_doctype(doctype, "read", user):
                reason += f": {doctype.name} - {document.get('name')}"
            elif self._site.frappe >= 16 and doctype.issingle:
                self.reasons.clear()
                reason += f": {doctype.name}"
        self.reasons.append(reason)

    def _allows_rows(self, doctype: DocType, right: str, user: str, row: Document | None, parent: str | None) -> bool:
        """Rows of a child DocType go with their parent."""
        name = row.get("parenttype") if row else parent
        parent_doctype = self._site.schema.find(name) if name else None
        if parent_doctype is None or parent_doctype.istable:
            self.reasons.append(f"Please specify a valid parent DocType for {bold(doctype.name)}")
            return False
        if not any(one.options == doctype.name for one in parent_doctype.table_fields):
            text = f"{bold(parent_doctype.name)} is not a valid parent DocType for {bold(doctype.name)}"
            self.reasons.append(text)
            return False
        if right == "create":
            right = "write"
        document = self._site.stored.find(parent_doctype.name, str(row.get("parent"))) if row else None
        return self.allows(parent_doctype, right, user, document)

    def check(
        self, doctype: DocType, right: str, user: str, document: Document | None = None, parent: str | None = None
    ) -> None:
        """Raise FrappeError PermissionError without the right, as `frappe.has_permission(throw=True)` does."""
        self.reasons = []
        if self.allows(doctype, right, user, document, parent):
            return
        if document is not None and self._site.frappe >= 16:
            self.check_doctype(doctype, right, user)
        label = f"{doctype.name} {document.get('name')}" if document else doctype.name
        raise self._refusal(f"No permission for {label}")

    def check_doctype(self, doctype: DocType, right: str, user: str) -> None:
        """Raise where not even the DocType is allowed; Frappe 16 then says nothing about the document."""
        self.reasons = []
        if user == ADMINISTRATOR:
            return
        if doctype.issingle:
            allowed = bool(self.rights(doctype, user).get(right))
            if not allowed:
                self._refuse_document(doctype, {"name": doctype.name}, user)
        else:
            allowed = self._allows_doctype(doctype, right, user)
        if not allowed:
            self._site.messages.clear()
            refusal = self._refusal(f"No permission for {doctype.name}")
            refusal.quiet = True
            raise refusal

    def check_document(self, doctype: DocType, right: str, user: str, document: Document) -> None:
        """Raise without the right on the document, as `Document.check_permission` does."""
        self.reasons = []
        if self.allows(doctype, right, user, document):
            return
        reasons = self.reasons
        if self._site.frappe >= 16:
            self.check_doctype(doctype, right, user)
            self.reasons = reasons
        if self._site.frappe < 15:
            raise self._refusal(f"Insufficient Permission for {doctype.name} ({bold(right)})")
        name = document.get("name") or ""
        text = f"You need the '{right}' permission on {bold(doctype.name)} {name} to perform this action."
        raise self._refusal(text)

    def refuse(self, doctype: DocType, right: str, user: str, document: Document) -> None:
        """Raise a bare PermissionError without the right, but with the reasons."""
        self.reasons = []
        if self.allows(doctype, right, user, document):
            return
        raise self._refusal(None)

    def _refusal(self, error_message: str | None) -> FrappeError:
        self.tell_reasons()
        extra = {"_error_message": error_message} if error_message else {}
        return FrappeError("PermissionError", extra=extra)

    def tell_reasons(self) -> None:
        """Put why it was refused into the answer's messages."""
        if self.reasons:
            self._site.say("<br>".join(self.reasons))
        self.reasons = []

    def only_select(self, doctype: DocType, user: str) -> bool:
        """Whether the user may choose documents but not read them."""
        rights = self.rights(doctype, user)
        return bool(rights.get("select")) and not rights.get("read")

    def levels(self, doctype: DocType, right: str, user: str) -> set[int]:
        """The permission levels of fields that the user has the right for."""
        if user == ADMINISTRATOR:
            return set(range(10))
        roles = set(self._site.roles(user))
        return {rule.permlevel for rule in doctype.permissions if rule.role in roles and _gives(rule, right)}

    def user_permissions(self, user: str) -> dict[str, list[Mapping[str, Any]]]:
        """By DocType: the documents that the user is restricted to."""
        if user in (ADMINISTRATOR, "Guest"):
            return {}
        found: dict[str, list[Mapping[str, Any]]] = {}
        for row in self._site.db.execute('SELECT * FROM "tabUser Permission" WHERE "user" = ?', (user,)):
            applicable = None if row["apply_to_all_doctypes"] else row["applicable_for"]
            found.setdefault(row["allow"], []).append({"doc": row["for_value"], "applicable_for": applicable})
        return found

    def _user_permissions_allow(self, doctype: DocType, document: Document, user: str) -> bool:
        restrictions = self.user_permissions(user)
        if not restrictions:
            return True
        allowed = _allowed(restrictions.get(doctype.name, ()), doctype.name)
        if allowed and str(document.get("name")) not in allowed:
            self.reasons.append(f"Not allowed for {doctype.name}: {document.get('name')}")
            return False
        rows = [
            (self._site.doctype(f.options), row)
            for f in doctype.table_fields
            for row in document.get(f.fieldname) or ()
        ]
        return all(
            self._links_allowed(one, values, doctype.name, restrictions) for one, values in [(doctype, document), *rows]
        )

    def _links_allowed(
        self, doctype: DocType, values: Document, of: str, restrictions: Mapping[str, list[Mapping[str, Any]]]
    ) -> bool:
        strict = bool(self._site.setting("apply_strict_user_permissions")) and not doctype.issingle
        for one in doctype.link_fields:
            value = values.get(one.fieldname)
            if one.ignore_user_permissions or (not value and not strict):
                continue
            allowed = _allowed(restrictions.get(str(one.options), ()), of)
            if allowed and str(value) not in allowed:
                text = "You are not allowed to access this {} record because it is linked to {} '{}' in field {}"
                self.reasons.append(text.format(doctype.name, one.options, value or "empty", one.shown_label))
                return False
        return True

    def _is_shared(self, doctype: str, right: str, user: str, name: str | None = None) -> bool:
        if right not in SHARED_RIGHTS:
            return False
        column = quoted("read" if right in ("email", "print") else right)
        sql = f'SELECT 1 FROM "tabDocShare" WHERE share_doctype = ? AND ("user" = ? OR everyone = 1) AND {column} = 1'
        parameters = [doctype, user]
        if name is not None:
            sql += " AND share_name = ?"
            parameters.append(name)
        return self._site.db.execute(sql, parameters).fetchone() is not None

    def _controller_allows(self, doctype: DocType, document: Document, right: str, user: str) -> bool:
        """The rules that a few DocTypes have in code."""
        if doctype.name == "User":
            return document.get("name") not in (ADMINISTRATOR, "Guest")
        if doctype.name == "ToDo" and right != "create":
            own = user in (document.get("allocated_to"), document.get("assigned_by"))
            return own or "System Manager" in self._site.roles(user)
        if doctype.name == "File" and right != "create":
            return self._file_allowed(document, right, user)
        return True

    def _file_allowed(self, document: Document, right: str, user: str) -> bool:
        if not document.get("is_private") or (user != "Guest" and document.get("owner") == user):
            return True
        doctype = self._site.schema.find(document.get("attached_to_doctype"))
        if doctype is None or not document.get("attached_to_name"):
            return False
        attached = self._site.stored.find(doctype.name, str(document["attached_to_name"]))
        wanted = "write" if right in ("write", "delete") else "read"
        return attached is not None and self.allows(doctype, wanted, user, attached)

    def list_condition(self, doctype: DocType, user: str, reference_doctype: str | None = None) -> Condition | None:
        """What restricts the user's lists of the DocType; None where nothing does."""
        if user == ADMINISTRATOR:
            return None
        of = reference_doctype or doctype.name
        rights = self.rights(doctype, user)
        pieces: list[Condition] = []
        if not doctype.istable and not (rights.get("read") or rights.get("select")):
            return self._shares(doctype, user)
        only_own = rights.has_if_owner and any(right in rights.if_owner for right in ("select", "read"))
        for right in ("select", "read"):
            only_own = only_own and not (rights.get(right) and right not in rights.if_owner)
        if only_own:
            pieces.append(Condition(f"{table(doctype)}.owner = ?", (user,)))
        else:
            pieces.extend(self._restrictions(doctype, user, of))
        match = _join(pieces, " AND ")
        own = self._query_condition(doctype, user)
        match = _join([piece for piece in (match, own) if piece], " AND ")
        if match and pieces:
            match = _join([match, self._shares(doctype, user)], " OR ")
        return match

    def _restrictions(self, doctype: DocType, user: str, of: str) -> Iterable[Condition]:
        restrictions = self.user_permissions(user)
        if not restrictions:
            return
        fields = [(f.fieldname, str(f.options)) for f in doctype.link_fields if not f.ignore_user_permissions]
        strict = self._site.setting("apply_strict_user_permissions")
        for fieldname, options in [*fields, ("name", doctype.name)]:
            found = [
                str(one["doc"])
                for one in restrictions.get(options, ())
                if not one["applicable_for"] or one["applicable_for"] == (of if fieldname == "name" else doctype.name)
            ]
            if not found:
                continue
            column = f"{table(doctype)}.{quoted(fieldname)}"
            empty = "" if strict else f"ifnull({column}, '') = '' OR "
            marks = ", ".join("?" * len(found))
            yield Condition(f"({empty}fold({column}) IN ({marks}))", tuple(fold(one) for one in found))

    def _shares(self, doctype: DocType, user: str) -> Condition:
        sql = """{}.name IN (SELECT share_name FROM "tabDocShare"
            WHERE share_doctype = ? AND "read" = 1 AND ("user" = ? OR everyone = 1))"""
        return Condition(sql.format(table(doctype)), (doctype.name, user))

    def _query_condition(self, doctype: DocType, user: str) -> Condition | None:
        """The conditions that a few DocTypes have in code."""
        if doctype.name == "User":
            return Condition(f"""{table(doctype)}.name NOT IN ('Administrator', 'Guest')""")
        if doctype.name == "ToDo" and "System Manager" not in self._site.roles(user):
            return Condition("(allocated_to = ? OR assigned_by = ?)", (user, user))
        if doctype.name == "File":
            readable = [one.name for one in self._site.schema if self.rights(one, user).get("read")]
            marks = ", ".join("?" * len(readable))
            own = "(attached_to_doctype IS NULL AND owner = ?)"
            return Condition(f"(is_private = 0 OR {own} OR attached_to_doctype IN ({marks}))", (user, *readable))
        return None


def _gives(rule: Permission, right: str) -> bool:
    return bool(getattr(rule, "import_" if right == "import" else right))


def _allowed(restrictions: Iterable[Mapping[str, Any]], doctype: str) -> set[str]:
    return {str(one["doc"]) for one in restrictions if not one["applicable_for"] or one["applicable_for"] == doctype}


def _join(pieces: Iterable[Condition], word: str) -> Condition | None:
    found = list(pieces)
    if not found:
        return None
    return Condition(
        "(" + word.join(piece.sql for piece in found) + ")", tuple(p for piece in found for p in piece.parameters)
    )
