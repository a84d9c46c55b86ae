"""Settings: one class of values. Environment (`POSTERCHAT_*`) beats the TOML file, which beats the defaults.

Nothing here builds an object or touches the disk beyond reading the TOML file; `rag/wiring.py` builds.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from rag.errors import UsageError

LEAST_TOKEN = 16  # characters; shorter ones can be guessed


def config_path() -> Path:
    """The TOML file that is read: `POSTERCHAT_CONFIG`, else the platform's user configuration directory."""
    named = os.environ.get("POSTERCHAT_CONFIG")
    return Path(named).expanduser() if named else platformdirs.user_config_path("posterchat") / "posterchat.toml"


class Settings(BaseSettings):
    """All that can be set. Every field is documented in `docs/settings.md`; a test compares the two."""

    model_config = SettingsConfigDict(env_prefix="POSTERCHAT_", extra="ignore", frozen=True)

    data_dir: Path = Field(
        default_factory=lambda: platformdirs.user_data_path("posterchat"),
        description="Where collections and saved KV blocks live.",
    )
    models_dir: Path | None = Field(
        default=None, description="Where model files live; by default `models` inside the data directory."
    )
    llm: str = Field(
        default="qwen2.5-coder-1.5b", description="The language model: a name in the manifest or a path to a GGUF file."
    )
    llm_url: str | None = Field(
        default=None, description="Address of an OpenAI-compatible server that has the language model."
    )
    llm_model: str | None = Field(default=None, description="The server's name for the model; None: its only one.")
    llm_api_key: SecretStr | None = Field(default=None, description="The server's key, if it asks for one.")
    llm_api_key_file: Path | None = Field(default=None, description="A file that holds the key and nothing else.")
    llm_timeout_s: float = Field(default=120.0, gt=0, le=3600, description="Longest silence of the server, in seconds.")
    chroma_url: str | None = Field(default=None, description="Address of a Chroma server that has the vectors.")
    embedder: str = Field(default="all-minilm-l6-v2", description="The embedding model: a name in the manifest.")
    collection: str = Field(default="iclr2022-poster-session-8", description="The collection asked by default.")
    context_tokens: int = Field(default=2048, ge=512, le=32768, description="Context window of the language model.")
    answer_tokens: int = Field(
        default=160, ge=16, le=1024, description="Longest written answer to one read, in tokens."
    )
    threads: int = Field(
        default=0,
        ge=0,
        le=256,
        description="Threads of the language model; 0: as `models bench` found, else all usable cores.",
    )
    gpu_layers: int = Field(default=-1, ge=-1, description="Layers put on a GPU when there is one; -1 means all.")
    max_waiting: int = Field(
        default=16, ge=1, le=1000, description="Questions that may wait before more are turned away."
    )
    kv_cache_mb: int = Field(
        default=1024, ge=0, description="Most MB of disk for saved KV states of papers, each read once so; 0: none."
    )
    read_ahead: bool = Field(default=True, description="While `serve` has nothing to do, read papers ahead.")
    host: str = Field(default="127.0.0.1", description="Address that `posterchat serve` binds.")
    port: int = Field(default=7860, ge=1, le=65535, description="Port that `posterchat serve` binds.")
    token: SecretStr | None = Field(
        default=None, description="What others must know to use the server: the API's token, and the page's login."
    )
    rate_per_minute: int = Field(
        default=60, ge=1, le=100_000, description="Questions a minute from one address, other than this machine."
    )
    log_format: Literal["text", "json"] = Field(default="text", description="Form of the server's log lines.")
    log_questions: bool = Field(default=False, description="Whether the log may hold the text of questions.")
    allow_unpinned: bool = Field(
        default=False, description="Whether a model file without a pinned SHA-256 may be loaded."
    )
    allowed_hosts: str = Field(
        default="localhost", description="Names, parted by commas, by which browsers may reach the server."
    )

    @field_validator("token")
    @classmethod
    def _long_enough(cls, token: SecretStr | None) -> SecretStr | None:
        if token is None or not token.get_secret_value():
            return None
        if len(token.get_secret_value()) < LEAST_TOKEN or not token.get_secret_value().isascii():
            raise ValueError(f"it must have at least {LEAST_TOKEN} letters and digits")
        return token

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, config_path())

    @property
    def llm_shown(self) -> str:
        """The language model as people are told of it; with a server, where it is."""
        if self.llm_url is None:
            return Path(self.llm).name
        place = urlsplit(self.llm_url).netloc.rpartition("@")[2]
        return f"{Path(self.llm_model).name} at {place}" if self.llm_model else f"the model at {place}"

    @property
    def models_path(self) -> Path:
        """Where model files live."""
        return self.models_dir or self.data_dir / "models"


def load_settings(**overrides: object) -> Settings:
    """Settings from overrides, environment and file. Raises UsageError that names the bad value."""
    given = {key: value for key, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UsageError(
            f"The setting {name} is not usable: {first['msg'].lower()}.",
            hint=f"Correct it on the command line, in POSTERCHAT_{name.upper()} or in {config_path()}.",
        ) from error
    except ValueError as error:  # broken TOML
        raise UsageError(f"{config_path()} is not valid TOML: {error}.", hint="Correct or remove the file.") from error
    return settings.model_copy(update={"data_dir": settings.data_dir.expanduser().absolute()})
