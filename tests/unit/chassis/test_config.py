"""Settings: typed, every error at once, no value shown (S28)."""

from pathlib import Path

import pytest

from services.chassis.config import EXIT_BAD_SETTINGS, BadSettings, ServiceSettings, load, read_secret


class Config(ServiceSettings):
    """A service that cannot do without a database."""

    database_url_file: Path
    consent_address: str


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KITH_LOCAL_MODE", "1")
    monkeypatch.setenv("KITH_PORT", "50051")
    monkeypatch.setenv("KITH_DATABASE_URL_FILE", "/run/secrets/database")
    monkeypatch.setenv("KITH_CONSENT_ADDRESS", "ipv4:127.0.0.1:1,127.0.0.1:2")
    config = load(Config)
    assert (config.port, config.local_mode, config.listen_address) == (50051, True, "127.0.0.1")
    assert config.database_url_file == Path("/run/secrets/database")
    assert config.consent_address == "ipv4:127.0.0.1:1,127.0.0.1:2"


def test_every_error_is_told_at_once_and_no_value(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KITH_PORT", "s3cret")
    monkeypatch.setenv("KITH_LOG_LEVEL", "s3cret")
    with pytest.raises(SystemExit) as raised:
        load(Config)
    assert raised.value.code == EXIT_BAD_SETTINGS
    told = capsys.readouterr().err
    for name in ("KITH_PORT", "KITH_LOG_LEVEL", "KITH_DATABASE_URL_FILE", "KITH_CONSENT_ADDRESS"):
        assert f"{name}:" in told
    assert "s3cret" not in told


def test_outside_local_mode_a_pod_is_reached_from_outside() -> None:
    assert ServiceSettings().listen_address == "0.0.0.0"
    assert ServiceSettings(bind="10.0.0.1").listen_address == "10.0.0.1"


def test_a_secret_is_its_files_text_and_never_empty(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("postgresql://x\n")
    assert read_secret(file) == "postgresql://x"
    file.write_text("\n")
    with pytest.raises(BadSettings, match="is empty"):
        read_secret(file)
    with pytest.raises(BadSettings, match="cannot be read"):
        read_secret(tmp_path / "absent")
