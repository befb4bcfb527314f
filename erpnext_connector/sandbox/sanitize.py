"""HTML in text fields made harmless, as Frappe does before it saves."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser
from typing import Final

TAGS: Final = """
    a abbr acronym address area article aside audio b bdi bdo big blockquote body br button canvas caption
    center cite code col colgroup command data datagrid datalist dd del details dfn dialog dir div dl dt em
    event-source fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr html i img input ins
    kbd keygen label legend li m main map mark menu meta meter multicol nav nextid nobr noscript ol optgroup option
    output p pre progress q rp rt ruby s samp section select small sound source spacer span strike strong style sub
    summary sup table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr xml o:p
    link"""
ATTRIBUTES: Final = """
    abbr accept accept-charset accesskey action align alt autocomplete autofocus axis background balance
    bgcolor border bordercolor cellpadding cellspacing char charoff charset checked cite class clear color cols colspan
    compact content contenteditable controls coords data datetime default dir dirname disabled draggable enctype face
    for frame headers height hidden high href hreflang hspace icon id inputmode ismap label lang list loop low max
    maxlength media method min multiple name nohref noshade novalidate nowrap open optimum pattern placeholder poster
    preload pubdate radiogroup readonly rel required reversed role rows rowspan rules scope selected shape size span
    spellcheck src start step style summary tabindex target title type usemap valign value vspace width wrap"""
ALLOWED_TAGS: Final = frozenset(TAGS.split()) - {"html", "body", "head", "title", "xml", "style", "meta", "link"}
ALLOWED_ATTRIBUTES: Final = frozenset(ATTRIBUTES.split())
ADDRESSES: Final = ("href", "src", "action", "background", "poster", "cite")
SAFE_SCHEMES: Final = ("http", "https", "mailto", "tel", "cid", "data", "sms", "geo")
SCHEME: Final = re.compile(r"^\s*([A-Za-z][A-Za-z0-9+.-]*):")
VOID_TAGS: Final = frozenset({"area", "br", "col", "hr", "img", "input", "source", "track", "wbr"})


def sanitize(text: str, *, check_links: bool = True) -> str:
    """The text with tags that could do harm spelled out; JSON and text without tags stay as they are.

    `check_links` drops addresses that are scripts, which Frappe 15 does not do.
    """
    if ("<" not in text and ">" not in text) or _is_json(text) or not re.search(r"<[A-Za-z!/?]", text):
        return text
    cleaner = _Cleaner(check_links=check_links)
    cleaner.feed(text)
    cleaner.close()
    return cleaner.result()


def strip_tags(text: str) -> str:
    """The text without its tags."""
    return re.sub(r"<[^>]*>", "", text)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class _Cleaner(HTMLParser):
    """Writes allowed tags again, escapes the others, closes what was left open."""

    def __init__(self, *, check_links: bool) -> None:
        self._check_links = check_links
        super().__init__(convert_charrefs=False)
        self._written: list[str] = []
        self._open: list[str] = []

    def result(self) -> str:
        return "".join(self._written) + "".join(f"</{tag}>" for tag in reversed(self._open))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ALLOWED_TAGS:
            self._written.append(html.escape(self.get_starttag_text() or "", quote=False))
            return
        self._written.append(f"<{tag}{''.join(_attribute(*one) for one in attrs if self._is_safe(*one))}>")
        if tag not in VOID_TAGS:
            self._open.append(tag)

    def _is_safe(self, name: str, value: str | None) -> bool:
        if name not in ALLOWED_ATTRIBUTES and not name.startswith("data-"):
            return False
        scheme = SCHEME.match(html.unescape(value or "")) if name in ADDRESSES else None
        return scheme is None or not self._check_links or scheme[1].lower() in SAFE_SCHEMES

    def handle_endtag(self, tag: str) -> None:
        if tag not in ALLOWED_TAGS:
            self._written.append(f"&lt;/{tag}&gt;")
        elif tag in self._open:
            while self._open:
                last = self._open.pop()
                self._written.append(f"</{last}>")
                if last == tag:
                    break

    def handle_data(self, data: str) -> None:
        self._written.append(html.escape(data, quote=False))

    def handle_entityref(self, name: str) -> None:
        self._written.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._written.append(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._written.append(f"<!--{data}-->")

    def set_cdata_mode(self, elem: str, *, escapable: bool = False) -> None:
        """Read the inside of script and style as any other text: their tags get escaped, too."""


def _attribute(name: str, value: str | None) -> str:
    found = value or ""
    if name == "style" and found.strip() and not found.rstrip().endswith(";"):
        found = f"{found.strip()};"
    return f' {name}="{html.escape(found, quote=True)}"'
