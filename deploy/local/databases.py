"""`python -m deploy.local.databases FOLDER SERVICE...`: make the databases of the services, unless there."""

import sys
from pathlib import Path

from deploy.local.postgres import PostgresError, create_service_database


def main() -> None:
    """Make them on the running server whose state is in FOLDER."""
    folder, *services = sys.argv[1:]
    try:
        for service in services:
            create_service_database(Path(folder), service)
    except PostgresError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
