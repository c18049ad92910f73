"""`python -m deploy.engines.topics BOOTSTRAP PARTITIONS TOPIC...`: make topics, as production does before it starts."""

import asyncio
import sys

from deploy.engines.kafka import create_topics


def main() -> None:
    """Make them on a running broker."""
    bootstrap, partitions, *names = sys.argv[1:]
    asyncio.run(create_topics(bootstrap, names, int(partitions)))


if __name__ == "__main__":
    main()
