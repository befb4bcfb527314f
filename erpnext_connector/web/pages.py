"""The connector's own pages, in the app's name."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse, page_response

_TEMPLATES: Final = Path(__file__).with_name("templates")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False
    )
    environment.filters["with_code"] = _with_code
    return environment


def _with_code(sentence: str) -> Markup:
    """What stands between backticks is for a terminal."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))  # noqa: S704 - escaped first


def page(door: Door, request: WebRequest, template: str, *, status: int = 200, **context: Any) -> WebResponse:
    """Render a template; it knows the `app`, and the paths of the style sheet and of the app's first page."""
    app = door.connector.manifest.app
    html = (
        _environment()
        .get_template(template)
        .render(
            app=app,
            logo=_logo(app.logo),
            style=door.path(request, "/ui/pages.css"),
            home=door.home(request),
            is_mail=bool(re.fullmatch(r"[^@\s]+@[^@\s]+", app.support or "")),
            **context,
        )
    )
    return page_response(html, status).with_headers(("Content-Security-Policy", _policy(app.logo)))


def _logo(address: str | None) -> str | None:
    """A path of the app, or an https address."""
    if address is None:
        return None
    is_path = address.startswith("/") and not address.startswith("//")
    return address if is_path or address.startswith("https://") else None


def _policy(logo: str | None) -> str:
    """No script at all, our own style sheet, the app's logo, forms to the app itself, and no frame around it."""
    images = "'self'"
    if logo and logo.startswith("https://"):
        images += f" https://{urlsplit(logo).netloc}"
    return (
        f"default-src 'none'; style-src 'self'; img-src {images}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
