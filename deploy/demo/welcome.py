"""What a person who starts the demo is told: who can log in, and what to try first."""

import os
from collections.abc import Mapping
from pathlib import Path

from deploy.demo.town import Town


def write(home: Path, town: Town, logins: Mapping[str, tuple[str, str]]) -> None:
    """Writes `demo/welcome.txt`, readable for its owner alone; `logins` are username and password by person."""
    path = home / "demo" / "welcome.txt"
    path.parent.mkdir(exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text(town, logins))


def text(town: Town, logins: Mapping[str, tuple[str, str]]) -> str:
    """Returns the text, ending with a line end."""
    directory, search = town.directory, town.story.search
    width = max(len(username) for username, _ in logins.values())
    people = [
        f"  {logins[one.key][0]:<{width}}  {one.job_title}, {directory.organisation[one.organisation].name}"
        for one in directory.people
    ]
    password = logins[town.story.person][1]
    born = f"{search.birth_date:%d %B %Y}".lstrip("0")
    who, what = (
        logins[town.story.person][0],
        f"{search.given} {search.family}, born {born}, {search.postcode}",
    )
    return "\n".join(
        [
            f"A made-up town of {town.size:,} children is loaded. Everybody logs in with the passphrase {password}",
            *people,
            f"Log in as {who} and look for {what}.",
            "",
        ]
    )
