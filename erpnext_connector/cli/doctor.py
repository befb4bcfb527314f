"""`erpnext-connector doctor`: what is right and wrong with a site."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

import click

from erpnext_connector.client import ApiKey
from erpnext_connector.clock import SystemClock
from erpnext_connector.doctor.examination import App, examine
from erpnext_connector.doctor.report import Finding, Report, Verdict
from erpnext_connector.settings import Settings

COLORS: Final[Mapping[Verdict, str]] = {
    Verdict.OK: "green",
    Verdict.UNKNOWN: "blue",
    Verdict.WARNING: "yellow",
    Verdict.FAILED: "red",
}
EXIT_CODES: Final[Mapping[Verdict, int]] = {Verdict.OK: 0, Verdict.WARNING: 0, Verdict.FAILED: 1}
SUMMARIES: Final[Mapping[Verdict, str]] = {
    Verdict.OK: "An app can work with this site.",
    Verdict.WARNING: "An app can work with this site; the warnings are worth a look.",
    Verdict.FAILED: ("An app can't work with this site yet: do what the lines marked failed say, then run this again."),
}
_INDENT: Final = 21
_WIDEST: Final = 120
_NARROWEST: Final = 60


@click.command("doctor")
@click.argument("url", envvar="ERPNEXT_URL")
@click.option("--app-url", envvar="CONNECTOR_URL", default="", help="Where browsers reach your app.")
@click.option("--prefix", default="/erpnext", show_default=True, help="The connector's path in your app.")
@click.option("--client-id", envvar="ERPNEXT_CLIENT_ID", default="", help="The OAuth Client to look for.")
@click.option("--api-key", envvar="ERPNEXT_API_KEY", default="", help="With it the OAuth Client's document is read.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def command(
    url: str,
    *,
    app_url: str,
    prefix: str,
    client_id: str,
    api_key: str,
    as_json: bool,
) -> None:
    """Check the ERPNext site at URL and say what to do about what is wrong.

    Each line has a verdict, what was seen, and a remedy. What is not given here is taken from ERPNEXT_URL,
    CONNECTOR_URL, ERPNEXT_CLIENT_ID and ERPNEXT_API_KEY; secrets come from ERPNEXT_API_SECRET and
    ERPNEXT_CLIENT_SECRET alone. Exit code 0: an app can work with this site; 1: it can't yet.
    """
    # Not by options: other users of the machine see what stands on a command line.
    secrets = Settings.from_environment()
    if bool(api_key) != bool(secrets.api_secret):
        raise click.UsageError("An API key needs its secret: set both ERPNEXT_API_KEY and ERPNEXT_API_SECRET.")
    app = App(
        url=app_url,
        redirect_uri=_redirect_uri(app_url, prefix),
        client_id=client_id,
        client_secret=secrets.client_secret,
        key=ApiKey(api_key, secrets.api_secret) if secrets.api_secret else None,
    )
    findings = []
    for finding in examine(url, app, SystemClock()):
        findings.append(finding)
        if not as_json:
            _show(finding)
    report = Report(url, tuple(findings))
    click.echo(json.dumps(report.as_dict(), indent=2) if as_json else f"\n{SUMMARIES[report.verdict]}")
    sys.exit(EXIT_CODES[report.verdict])


def _redirect_uri(app_url: str, prefix: str) -> str:
    """Where the connector's routes are mounted, as the app that includes them says."""
    path = prefix.strip("/")
    return f"{app_url.rstrip('/')}{f'/{path}' if path else ''}/callback" if app_url else ""


def _show(finding: Finding) -> None:
    """One finding on a few lines; colors are left out by click where nobody sees them."""
    color = COLORS[finding.verdict]
    word = click.style(f"{finding.verdict.value:>7}", fg=color, bold=finding.verdict is Verdict.FAILED)
    first, *others = [*_lines(finding.evidence), *(f"  {line}" for line in _lines(finding.remedy))]
    click.echo(f"{word}  {finding.check:<{_INDENT - 9}}{first}")
    for line in others:
        click.echo(" " * _INDENT + line)


def _lines(text: str) -> Iterator[str]:
    """The text in lines that fit; what a site said may hold characters that steer a terminal."""
    width = min(max(shutil.get_terminal_size((100, 24)).columns, _NARROWEST), _WIDEST)
    harmless = "".join(character if character.isprintable() else "?" for character in text)
    yield from textwrap.wrap(harmless, width - _INDENT - 2, break_long_words=False, break_on_hyphens=False)
