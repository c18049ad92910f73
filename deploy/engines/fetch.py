"""Getting the engines by their Maven coordinates, and saying why one can't be run here.

They lie in .kith/engines of the checkout, which git ignores, for all state folders together.
"""

import hashlib
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deploy.engines import java

_HERE = Path(__file__).parent
_FETCHED = Path(__file__).parents[2] / ".kith" / "engines"


class EngineUnavailable(Exception):
    """The engine can't be fetched or run on this machine; the text says why."""


@dataclass(frozen=True)
class Engine:
    """What is fetched for one engine."""

    name: str
    java: int
    """The lowest major version of Java it runs on."""
    launcher: str = ""
    """A Java source file of ours that starts it, without its ending."""

    @property
    def folder(self) -> Path:
        """Where it lies once fetched: lib/, the compiled launcher, and a note of what was asked for."""
        return _FETCHED / self.name

    def java_command(self) -> list[str]:
        """The start of the command line: Java with the class path. Raises EngineUnavailable."""
        if reason := self.unavailable():
            raise EngineUnavailable(reason)
        return [f"{java.home(self.java)}/bin/java", "-cp", f"{self.folder}:{self.folder}/lib/*"]

    def unavailable(self) -> str | None:
        """Why it can't be run here, in one sentence; None if it can."""
        if java.home(self.java) is None:
            return f"{self.name} needs Java {self.java} or newer; none found (JAVA_HOME, /usr/lib/jvm, the path)."
        if not self._note.exists() or self._note.read_text() != self._wanted():
            return f"{self.name} is not fetched; run `make engines`."
        return None

    def fetch(self) -> None:
        """Download it and compile the launcher, unless done. Raises EngineUnavailable."""
        if self.unavailable() is None:
            return
        home, maven = java.home(self.java), shutil.which("mvn")
        if home is None:
            raise EngineUnavailable(str(self.unavailable()))
        if maven is None:
            raise EngineUnavailable(f"{self.name} is fetched with Maven; no `mvn` found.")
        shutil.rmtree(self.folder, ignore_errors=True)
        goal = [
            "dependency:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={self.folder / 'lib'}",
        ]
        _run([maven, "--batch-mode", "--quiet", "--file", str(self._pom), *goal])
        if self.launcher:
            source = str(_HERE / f"{self.launcher}.java")
            _run([f"{home}/bin/javac", "-cp", f"{self.folder}/lib/*", "-d", str(self.folder), source])
        self._note.write_text(self._wanted())

    @property
    def _pom(self) -> Path:
        return _HERE / f"{self.name}.pom.xml"

    @property
    def _note(self) -> Path:
        return self.folder / "fetched"

    def _wanted(self) -> str:
        sources = [self._pom] + ([_HERE / f"{self.launcher}.java"] if self.launcher else [])
        return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _run(command: list[str]) -> None:
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode != 0:
        raise EngineUnavailable(f"{Path(command[0]).name} failed:\n{result.stdout[-4000:]}")
