"""Settings of the machine a program runs on, from the environment or an ``.env`` file."""

from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from aml_miner.errors import ConfigurationError


class Settings(BaseSettings):
    """Where to listen, where the models are, how much to say."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8000, ge=1, le=65535)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    random_seed: int = Field(default=42, ge=0)
    models_dir: Path = Path("trained_models")


def load_settings() -> Settings:
    """Read the settings.

    Raises
    ------
    ConfigurationError
        If a variable has an impossible value; it is named. If the ``.env`` file cannot be read or is not UTF-8.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]).upper()
        message = f"setting {name}: {first['msg']}; found {first['input']!r}."
        raise ConfigurationError(message) from error
    except (OSError, UnicodeDecodeError) as error:
        message = f".env: cannot be read: {error}; write it as UTF-8 text, as .env.example is."
        raise ConfigurationError(message) from error
