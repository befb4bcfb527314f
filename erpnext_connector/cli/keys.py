"""`erpnext-connector keys`: the keys that seal what is stored."""

from __future__ import annotations

import json
import sys

import click

from erpnext_connector.settings import Settings
from erpnext_connector.store.database import Database
from erpnext_connector.store.key_file import put_in_front
from erpnext_connector.store.rotation import BATCH, count_by_key, rotate
from erpnext_connector.store.seal import KeyRing, new_key


@click.group("keys")
def command() -> None:
    """Count, make and rotate the keys that seal what is stored.

    Database and keys are those of the environment: CONNECTOR_DATABASE_URL, CONNECTOR_KEY, CONNECTOR_KEY_FILE.
    """


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(*, as_json: bool) -> None:
    """Tell how many rows each key sealed. Exit code 1: rows are sealed with a key that is not at hand."""
    settings = Settings.from_environment()
    ring, database = KeyRing.load(settings.key, settings.key_file), Database(settings.database_url)
    database.migrate()
    counted = {**dict.fromkeys(ring.key_ids, 0), **count_by_key(database)}
    missing = counted.keys() - set(ring.key_ids)
    if as_json:
        click.echo(json.dumps({"newest": ring.newest, "missing": sorted(missing), "rows": counted}))
    else:
        for key_id, rows in counted.items():
            click.echo(f"{key_id}  {rows:>8} rows  {_place(key_id, ring)}")
    sys.exit(1 if missing else 0)


@command.command()
@click.option("--print", "print_it", is_flag=True, help="Print the key instead: for CONNECTOR_KEY.")
def new(*, print_it: bool) -> None:
    """Make a new key. It goes first in the key file, and seals from now on; `keys rotate` does the rest."""
    settings = Settings.from_environment()
    if print_it or settings.key:
        click.echo(new_key().strip())
        click.echo("Several replicas: put it last in CONNECTOR_KEY on all of them, then first, then rotate.", err=True)
        return
    KeyRing.load(None, settings.key_file)  # refuses what is no key file before anything is written
    put_in_front(settings.key_file, new_key())
    ring = KeyRing.load(None, settings.key_file)
    click.echo(f"{ring.newest} is now the newest of {len(ring.key_ids)} keys in {settings.key_file}.")
    click.echo("Back the file up, then run `erpnext-connector keys rotate`.")


@command.command("rotate")
@click.option("--batch", default=BATCH, show_default=True, type=click.IntRange(1), help="Rows per read.")
def rotate_command(batch: int) -> None:
    """Seal anew what older keys sealed. It may run beside the app, be broken off, and be started again."""
    settings = Settings.from_environment()
    ring, database = KeyRing.load(settings.key, settings.key_file), Database(settings.database_url)
    database.migrate()
    done = rotate(database, ring, batch=batch)
    click.echo(f"{done.resealed} rows are now sealed with {ring.newest}.")
    if done.overtaken:
        click.echo(f"{done.overtaken} rows were changed meanwhile: run it again to be sure of them.")
    if done.unopened:
        click.echo(
            f"{done.unopened} rows don't open with the keys at hand; `keys status` names the key that is missing."
        )
    sys.exit(1 if done.unopened else 0)


def _place(key_id: str, ring: KeyRing) -> str:
    if key_id == ring.newest:
        return "newest"
    return "at hand" if key_id in ring.key_ids else "missing: put it back, or these rows stay shut"
