"""A file that a setting names and that cannot be used."""

from pathlib import Path

from services.chassis.config import BadSettings


class UnusableFile(BadSettings):
    """Says which setting named the file and what is wrong; nothing of the contents, which may be secret."""

    def __init__(self, setting: str, problem: str) -> None:
        super().__init__(f"{setting}: {problem}")
        self.setting = setting
        self.problem = problem


def read(setting: str, path: Path) -> str:
    """Return the text of the file. Raises UnusableFile."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UnusableFile(setting, error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise UnusableFile(setting, "is not UTF-8 text") from None
