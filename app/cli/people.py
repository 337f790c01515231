"""`blockyard users` and `blockyard keys`."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

from app.cli.opened import Opened, data_option, run, table
from app.services.mailed_links import MailedLinks
from app.services.operator_commands import OperatorCommands
from app.services.permissions import ROLES

print_option = click.option("--print", "print_link", is_flag=True, help="Print the link, also where a mail server is set.")


@click.group()
def users() -> None:
    """People of this server."""


@users.command("list")
@data_option
def list_users(data: Path | None) -> None:
    """Everybody, the first account first."""
    found = run(data, lambda opened: OperatorCommands(opened.database).users())
    rows = [
        (
            user.username,
            user.email,
            "operator" if user.operator else "",
            "two steps" if user.totp_secret else "",
            "disabled" if user.disabled_at else "",
        )
        for user in found
    ]
    table(("USERNAME", "E-MAIL", "", "", ""), rows)


@users.command("create")
@click.argument("username")
@click.option("--email", default="", help="E-mail address.")
@click.option("--role", type=click.Choice(ROLES), default="viewer", show_default=True)
@click.option("--workspace-of", default="", help="The user whose workspace they join; the first account's by default.")
@print_option
@data_option
def create_user(username: str, email: str, role: str, workspace_of: str, print_link: bool, data: Path | None) -> None:
    """Make an account. The link where its owner chooses a password is mailed, or printed where no mail server is set."""

    async def work(opened: Opened) -> str:
        to, token = await OperatorCommands(opened.database).create_user(email, username, role, workspace_of)
        return await _handed_over(opened, to, token, print_link)

    click.echo(run(data, work))


@users.command("reset-link")
@click.argument("user")
@print_option
@data_option
def reset_link(user: str, print_link: bool, data: Path | None) -> None:
    """A link where USER (e-mail or username) chooses a new password: mailed, or printed where no mail server is set.

    It works once, for a day.
    """

    async def work(opened: Opened) -> str:
        to, token = await OperatorCommands(opened.database).reset_link(user)
        return await _handed_over(opened, to, token, print_link)

    click.echo(run(data, work))


@users.command()
@click.argument("user")
@data_option
def disable(user: str, data: Path | None) -> None:
    """Keep USER out: sessions end, keys are refused."""
    run(data, lambda opened: OperatorCommands(opened.database).set_disabled(user, True))
    click.echo(f"{user} cannot sign in any more.")


@users.command()
@click.argument("user")
@data_option
def enable(user: str, data: Path | None) -> None:
    """Let USER in again."""
    run(data, lambda opened: OperatorCommands(opened.database).set_disabled(user, False))
    click.echo(f"{user} may sign in again.")


@users.command("remove-second-step")
@click.argument("user")
@data_option
def remove_second_step(user: str, data: Path | None) -> None:
    """For a USER who has lost both the app and the recovery codes."""
    run(data, lambda opened: OperatorCommands(opened.database).remove_second_step(user))
    click.echo(f"{user} signs in with the password alone.")


@click.group()
def keys() -> None:
    """API keys of every workspace."""


@keys.command("list")
@data_option
def list_keys(data: Path | None) -> None:
    """All keys. Their tokens are stored nowhere."""
    found = run(data, lambda opened: OperatorCommands(opened.database).keys())
    rows = [
        (
            one.key.id,
            one.key.name,
            f"{one.key.hint}…",
            one.owner,
            one.key.scopes,
            one.key.expires_at.date() if one.key.expires_at else "never",
            one.key.used_at.isoformat(timespec="minutes") if one.key.used_at else "never",
        )
        for one in found
    ]
    table(("ID", "NAME", "BEGINS", "OWNER", "SCOPES", "ENDS", "LAST USED"), rows)


@keys.command("revoke")
@click.argument("key")
@data_option
def revoke_key(key: str, data: Path | None) -> None:
    """Revoke the key with this id."""
    name = run(data, lambda opened: OperatorCommands(opened.database).revoke_key(key))
    click.echo(f"{name} is revoked.")


async def _handed_over(opened: Opened, to: str, token: str, print_link: bool) -> str:
    """The link itself, or where it was sent."""
    mailed = MailedLinks(opened.database, opened.settings)
    if not print_link and await mailed.new_password(to, token):
        return f"A link was sent to {to}."
    return mailed.reset_link(token)
