"""`soporte agents add|list|role|disable|enable|password|reset-factor|link|unlink`: who may use the console."""

import argparse
import sys
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from bot.agents import accounts, identities, passwords
from bot.agents.accounts import AccountRefusedError, Agent
from bot.agents.identities import Kind
from bot.agents.passwords import PasswordRefusedError
from bot.agents.rights import Role
from bot.commands.listing import clock, columns, line
from bot.db import Database
from bot.runtime import open_database
from bot.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command line."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add = actions.add_parser("add", help="let somebody in")
    add.add_argument("name", help='the person\'s name: "Ana Gómez"')
    add.add_argument("--username", help="what to log in with (default: made from the name, ana.gomez)")
    add.add_argument("--role", choices=list(Role), default=Role.AGENT, help="what they may do (default: agent)")
    _add_password(add)
    actions.add_parser("list", help="who may log in, and who no longer may")
    role = actions.add_parser("role", help="make somebody an agent, a supervisor or an admin")
    role.add_argument("username")
    role.add_argument("role", choices=list(Role))
    for action, about in (("disable", "shut somebody out at once"), ("enable", "let somebody in again")):
        actions.add_parser(action, help=about).add_argument("username")
    reset = actions.add_parser("reset-factor", help="take away the second factor of somebody who lost their phone")
    reset.add_argument("username")
    link = actions.add_parser("link", help="let somebody log in by the company's own login (oidc in config.yaml)")
    link.add_argument("username")
    known_by = link.add_mutually_exclusive_group(required=True)
    known_by.add_argument("--email", help="the address that the provider has verified")
    known_by.add_argument("--subject", help="the provider's own name for them (sub)")
    unlink = actions.add_parser("unlink", help="let somebody no longer log in by the company's own login")
    unlink.add_argument("username")
    password = actions.add_parser("password", help="give somebody a new password and end their sessions")
    password.add_argument("username")
    _add_password(password)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do it. 0 if all went well, 1 with one line of why not."""
    database = open_database(settings)
    try:
        return _run(arguments, database, settings.oidc.issuer)
    except (AccountRefusedError, PasswordRefusedError) as refusal:
        print(line(str(refusal)), file=sys.stderr)
        return 1
    finally:
        database.close()


def _add_password(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--password-stdin", action="store_true", help="read the password from standard input; else one is made and printed"
    )


def _run(arguments: argparse.Namespace, database: Database, issuer: str) -> int:
    match arguments.action:
        case "add":
            return _add(arguments, database)
        case "list":
            return _list(database)
        case "role":
            return _role(arguments, database)
        case "disable":
            return _disable(arguments.username, database)
        case "enable":
            return _enable(arguments.username, database)
        case "reset-factor":
            return _reset_factor(arguments.username, database)
        case "link":
            return _link(arguments, database, issuer)
        case "unlink":
            return _unlink(arguments.username, database)
        case "password":
            return _password(arguments, database)
        case unknown:
            raise ValueError(unknown)


def _add(arguments: argparse.Namespace, database: Database) -> int:
    username = arguments.username or accounts.username_from(arguments.name)
    password, made = _chosen(arguments)
    password_hash = passwords.hashed(password, username)
    now = datetime.now(UTC)

    def job(connection: Connection) -> Agent:
        accounts.add(connection, arguments.name, username, password_hash, now)
        return accounts.set_role(connection, username, Role(arguments.role), now)

    agent = database.write_now(job)
    print(f"Added {line(agent.name)}, who logs in as {agent.username}.")
    _tell(password, made=made)
    return 0


def _password(arguments: argparse.Namespace, database: Database) -> int:
    password, made = _chosen(arguments)
    password_hash = passwords.hashed(password, arguments.username)
    now = datetime.now(UTC)
    agent = database.write_now(lambda connection: accounts.set_password(connection, arguments.username, password_hash, now))
    print(f"{agent.username} has a new password and has to log in again.")
    _tell(password, made=made)
    return 0


def _list(database: Database) -> int:
    agents = database.read_now(accounts.listed)
    if not agents:
        print('There are no agents yet. Add one: soporte agents add "Ana Gómez"')
        return 0
    rows = [(agent.username, line(agent.name, 40), agent.role, clock(agent.created_at), _standing(agent)) for agent in agents]
    print(columns(("USERNAME", "NAME", "ROLE", "ADDED", "STATE"), rows))
    return 0


def _role(arguments: argparse.Namespace, database: Database) -> int:
    now = datetime.now(UTC)
    agent = database.write_now(lambda connection: accounts.set_role(connection, arguments.username, Role(arguments.role), now))
    print(f"{agent.username} is now: {agent.role}.")
    return 0


def _enable(username: str, database: Database) -> int:
    now = datetime.now(UTC)
    agent = database.write_now(lambda connection: accounts.enable(connection, username, now))
    print(f"{agent.username} can log in again.")
    return 0


def _reset_factor(username: str, database: Database) -> int:
    now = datetime.now(UTC)
    agent = database.write_now(lambda connection: accounts.reset_factor(connection, username, now))
    print(f"{agent.username} logs in with the password alone until a new second factor is set up; all sessions are ended.")
    return 0


def _link(arguments: argparse.Namespace, database: Database, issuer: str) -> int:
    if not issuer:
        raise AccountRefusedError("oidc.issuer is not set: there is no company's login to link with")
    kind, value = (Kind.EMAIL, arguments.email) if arguments.email is not None else (Kind.SUBJECT, arguments.subject)
    now = datetime.now(UTC)
    agent = database.write_now(lambda connection: identities.link(connection, issuer, arguments.username, (kind, value), now))
    print(f"{agent.username} can log in by {issuer}.")
    return 0


def _unlink(username: str, database: Database) -> int:
    now = datetime.now(UTC)
    agent = database.write_now(lambda connection: identities.unlink(connection, username, now))
    print(f"{agent.username} can no longer log in by the company's login; all sessions are ended.")
    return 0


def _disable(username: str, database: Database) -> int:
    now = datetime.now(UTC)

    def job(connection: Connection) -> Agent:
        return accounts.disable(connection, username, now)

    agent = database.write_now(job)
    print(f"{agent.username} can no longer log in ({_standing(agent)}); all sessions are ended.")
    return 0


def _standing(agent: Agent) -> str:
    return "active" if agent.disabled_at is None else f"disabled {clock(agent.disabled_at)}"


def _chosen(arguments: argparse.Namespace) -> tuple[str, bool]:
    """The password, and whether it was made here and has to be told."""
    if arguments.password_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    return passwords.generated(), True


def _tell(password: str, *, made: bool) -> None:
    if made:
        print(f"Password, shown only now: {password}")
