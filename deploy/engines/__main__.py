"""`python -m deploy.engines` says which engines can be run here; with `fetch` it downloads them first."""

import sys

from deploy.engines import kafka, opensearch
from deploy.engines.fetch import EngineUnavailable


def main() -> None:
    """Do what the first argument says."""
    for engine in (kafka.ENGINE, opensearch.ENGINE):
        if sys.argv[1:] == ["fetch"]:
            try:
                engine.fetch()
            except EngineUnavailable as error:
                sys.exit(str(error))
        print(engine.unavailable() or f"{engine.name} can be run.")


if __name__ == "__main__":
    main()
