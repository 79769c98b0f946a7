"""Settings of the machine a program runs on: the environment, then ``.env``, then a YAML file, then defaults."""

from collections.abc import Set
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import NoDecode, SettingsConfigDict

from aml_miner.config.daily_settings import DailySettings
from aml_miner.errors import ConfigurationError
from aml_miner.utils.near_miss import near_miss

SHIPPED_MODELS: Final = Path(__file__).resolve().parents[1] / "trained_models"
"""The models that come with the package: in a clone a link to the folder at its root, in a wheel the files."""


class Settings(DailySettings):
    """Where to listen, where models, batches and results are, how much to take on, how much to say.

    Those of the daily job are described where they are, in `DailySettings`.

    Attributes
    ----------
    api_workers
        Processes that score; each holds the models once.
    api_timeout
        Seconds a request may wait and be scored.
    api_body_timeout
        Seconds a request's headers may take to arrive, and again its body.
    api_queue_limit
        Requests that may wait for a worker; one more is refused.
    api_max_body_mb
        Largest body, in 2**20 bytes, as it comes and unpacked.
    api_drain_seconds
        Seconds between "not ready" and closing the door when the server is told to stop.
    api_token
        What a caller must show; none is asked for when it is not set.
    api_cors_origins
        Origins whose pages may call; none when empty.
    batch_size
        Rows scored between two looks at whether somebody still waits for them.
    max_memory_mb
        Memory a scoring process may reserve beyond its models, in 2**20 bytes; on Linux alone. Allocators reserve two
        to three times what is resident: a day of 50 000 alerts takes .9 GB and reserves 2.1.
    models_dir
        Folder of the models; those that come with the package when it is not set.
    batches_dir, results_dir
        Folders of batches that may be referred to, and of results that are handed out.
    """

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=1, le=65535)
    api_workers: int = Field(default=2, ge=1, le=64)
    api_timeout: float = Field(default=120.0, gt=0, le=3600)
    api_body_timeout: float = Field(default=60.0, gt=0, le=3600)
    api_queue_limit: int = Field(default=64, ge=1, le=10_000)
    api_max_body_mb: int = Field(default=256, ge=1, le=65_536)
    api_drain_seconds: float = Field(default=1.0, ge=0, le=600)
    api_token: SecretStr | None = Field(default=None, min_length=16)
    api_cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["text", "json"] = "text"
    random_seed: int = Field(default=42, ge=0)
    batch_size: int = Field(default=10_000, ge=1)
    max_memory_mb: int = Field(default=3072, ge=256)
    models_dir: Path = SHIPPED_MODELS
    batches_dir: Path | None = None
    results_dir: Path | None = None

    @field_validator("api_cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """Take origins apart where they are one text, with commas between them."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value


def load_settings(file: Path | None = None) -> Settings:
    """Read the settings.

    Parameters
    ----------
    file
        A YAML file of settings, names in lower case; a variable of the environment outweighs it.

    Raises
    ------
    ConfigurationError
        If a setting has an impossible value, or the file an unknown name; it is named. If a file cannot be read.
    """
    try:
        near = Settings()
        if file is None:
            return near
        return Settings(**_names_and_values(file, but=near.model_fields_set))
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        raise ConfigurationError(f"setting {name}: {first['msg']}{_found(first)}.") from error
    except (OSError, UnicodeDecodeError) as error:
        message = f".env: cannot be read: {error}; write it as UTF-8 text, as .env.example is."
        raise ConfigurationError(message) from error


def _found(error: ErrorDetails) -> str:
    """Say what was found; of a secret nothing."""
    secret = "SecretStr" in str(Settings.model_fields[str(error["loc"][0])].annotation)
    return "" if secret else f"; found {error['input']!r}"


def _names_and_values(file: Path, *, but: Set[str]) -> dict[str, Any]:
    import yaml  # here: a program without such a file does not wait for it

    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigurationError(f"{file}: cannot be read as YAML: {error}.") from error
    if not isinstance(content, dict):
        message = f"{file}: expected settings as name: value; found {type(content).__name__}."
        raise ConfigurationError(message)
    known = list(Settings.model_fields)
    for name in content:
        if name not in known:
            hint = near_miss(name, known) or "; see .env.example for those there are."
            raise ConfigurationError(f"{file}: there is no setting '{name}'{hint}")
    return {name: value for name, value in content.items() if name not in but}
