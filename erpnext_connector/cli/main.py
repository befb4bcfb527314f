"""The `erpnext-connector` command: it loads a command's module only when that command runs."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version

import click

from erpnext_connector.errors import ConnectorError

COMMANDS = {
    "doctor": "Check an ERPNext site, and say what to do about what is wrong.",
    "keys": "Count, make and rotate the keys that seal what is stored.",
    "sandbox": "Start a sandbox ERPNext on this machine.",
}


class LazyGroup(click.Group):
    """Lists the commands without importing them: the heavy libraries stay out of `--help`."""

    def list_commands(self, _context: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, _context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = import_module(f"erpnext_connector.cli.{name}").command
        return command

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup)
@click.version_option(version("erpnext-connector"), prog_name="erpnext-connector")
def group() -> None:
    """Build apps beside ERPNext."""


def main() -> None:
    """Run the command line; an error of ours becomes two lines on stderr and its own exit code."""
    try:
        group.main(prog_name="erpnext-connector", standalone_mode=False)
    except ConnectorError as error:
        click.echo(f"{error.code}: {error.message}\n{error.hint}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
