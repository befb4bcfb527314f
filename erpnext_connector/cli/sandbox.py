"""`erpnext-connector sandbox`: an ERPNext look-alike on this machine."""

from __future__ import annotations

import json
import socket
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path

import click

from erpnext_connector.sandbox.app import Application, create_app
from erpnext_connector.sandbox.data import Dataset
from erpnext_connector.sandbox.demo import Demo, prepare
from erpnext_connector.sandbox.faults import Fault, Faults, parse_fault
from erpnext_connector.sandbox.loading import open_site
from erpnext_connector.sandbox.oauth_rules import BY_BASIC, BY_POST, PUBLIC
from erpnext_connector.sandbox.remote import bring_about
from erpnext_connector.sandbox.upsets import UPSETS
from erpnext_connector.sandbox.versions import VERSIONS

AUTHENTICATION = {"none": PUBLIC, "post": BY_POST, "basic": BY_BASIC}
WARNING = (
    "warning: {host} is reachable from other machines, and everybody knows the sandbox's passwords. "
    "Leave --host out to bind to this machine alone."
)


@click.group("sandbox", invoke_without_command=True)
@click.pass_context
@click.option(
    "--frappe",
    type=click.Choice([str(version) for version in VERSIONS]),
    default="15",
    show_default=True,
    help="Speak as it.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8015, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to bind to.")
@click.option(
    "--vars", "vars_file", type=click.Path(dir_okay=False, path_type=Path), help="Write ids and secrets here."
)
@click.option("--client", "clients", multiple=True, metavar="NAME=REDIRECT_URI", help="An OAuth client to make.")
@click.option(
    "--client-auth",
    type=click.Choice(list(AUTHENTICATION)),
    default="post",
    show_default=True,
    help="How those clients prove themselves; asked for as Frappe 2026 only.",
)
@click.option(
    "--data", "data_file", type=click.Path(dir_okay=False, path_type=Path), help="Keep the data in this file."
)
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A directory of doctypes.json, users.json, documents.jsonl, instead of the built-in data.",
)
@click.option("--time-zone", help="The site's time zone; each version has one of its own.")
@click.option("--fault", "faults", multiple=True, metavar="KIND[:...]", help="As in slow:seconds=2,path=/api,times=1.")
@click.option(
    "--webhook-speed", type=click.FloatRange(min=0.01), default=1.0, help="Divides the waits between attempts."
)
def command(
    context: click.Context,
    frappe: str,
    port: int,
    host: str,
    vars_file: Path | None,
    clients: tuple[str, ...],
    client_auth: str,
    data_file: Path | None,
    datasets: tuple[Path, ...],
    time_zone: str | None,
    faults: tuple[str, ...],
    webhook_speed: float,
) -> None:
    """Start a sandbox ERPNext with 10,000 Items, 2,000 Customers and four users.

    While it runs, POST a fault as JSON to /sandbox/faults, GET what is in force, DELETE to make all well. Its page
    /sandbox, or `do`, brings about what befalls an app's grants behind its back.
    """
    if context.invoked_subcommand:
        return
    if find_spec("uvicorn") is None:
        raise click.ClickException("the sandbox needs a web server: pip install 'erpnext-connector[server]'")
    chosen = [Dataset.at(directory) for directory in datasets] or [Dataset.built_in()]
    site = open_site(
        int(frappe),
        time_zone=time_zone,
        path=str(data_file) if data_file else ":memory:",
        datasets=chosen,
        faults=Faults([_fault(text) for text in faults]),
    )
    application = create_app(site=site, webhook_speed=webhook_speed)
    named = dict(_client(text) for text in clients)
    demo = prepare(site, chosen[0].users(), named, authentication=AUTHENTICATION[client_auth])
    listener = _bind(host, port)
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    if vars_file:
        _write_private(vars_file, demo.variables | {"base_url": url})
    _announce(url, host, demo, frappe)
    _serve(application, listener)


@command.command("do")
@click.argument("kind", metavar="KIND", type=click.Choice(list(UPSETS)))
@click.option("--at", "url", default="http://127.0.0.1:8015", show_default=True, help="The running sandbox.")
@click.option("--user", default="", help="The user it is about.")
@click.option("--client", default="", help="The OAuth client it is about, by id or name.")
@click.option("--password", default="", help="The new password, where there is one.")
def do(kind: str, url: str, user: str, client: str, password: str) -> None:
    """Let something happen to grants at a running sandbox."""
    try:
        click.echo(bring_about(url, kind, {"user": user, "client": client, "password": password}))
    except ValueError as error:
        raise click.ClickException(str(error)) from error


do.epilog = "\b\nKINDS\n" + "\n".join(f"  {kind:<22} {upset.about}" for kind, upset in UPSETS.items())


def _serve(application: Application, listener: socket.socket) -> None:
    import uvicorn

    uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="on")).run(sockets=[listener])


def _client(text: str) -> tuple[str, str]:
    name, equals, redirect_uri = text.partition("=")
    if not (name and equals and redirect_uri):
        raise click.BadParameter(f"{text!r} is not NAME=REDIRECT_URI", param_hint="--client")
    return name, redirect_uri


def _fault(text: str) -> Fault:
    try:
        return parse_fault(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from error


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, so that asyncio turns Nagle off
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(f"can't listen on {host}:{port}: {error.strerror}. Try --port 0.") from error
    listener.listen(2048)
    return listener


def _write_private(path: Path, variables: dict[str, object]) -> None:
    """Write the file for its owner alone, whole or not at all: somebody may be waiting for it to appear."""
    draft = path.with_name(f".{path.name}.part")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(variables, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def _announce(url: str, host: str, demo: Demo, frappe: str) -> None:
    if not _is_loopback(host):
        click.secho(WARNING.format(host=host), fg="yellow", err=True)
    click.echo(f"Sandbox ERPNext (as Frappe {frappe}): {url}\n\nSign in as")
    for account in demo.accounts:
        click.echo(f"  {account.name:<22} {account.password:<14} {', '.join(account.roles)}")
    click.echo(f"\nApps with access to your account: {url}/third_party_apps")
    click.echo(f"What befalls grants: {url}/sandbox\nFaults on demand: POST {url}/sandbox/faults")
    click.echo("Stop it with Ctrl+C.")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
