"""From settings to the engines on other machines; part of the wiring."""

from __future__ import annotations

from rag.errors import UsageError
from rag.llm.remote import RemoteGenerator
from rag.llm.remote_address import Address
from rag.settings import Settings


def remote_generator(settings: Settings) -> RemoteGenerator | None:
    """The language model on a server, None when it runs in this process. Contacts nobody. Raises UsageError for an
    address or a key that cannot be one."""
    if settings.llm_url is None:
        return None
    address = Address(settings.llm_url, settings.llm_model, _server_key(settings), read_s=settings.llm_timeout_s)
    context = settings.context_tokens if "context_tokens" in settings.model_fields_set else None
    return RemoteGenerator(address, context_tokens=context, max_waiting=settings.max_waiting)


def _server_key(settings: Settings) -> str:
    if settings.llm_api_key is not None:
        return settings.llm_api_key.get_secret_value().strip()
    if settings.llm_api_key_file is None:
        return ""
    try:
        return settings.llm_api_key_file.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The file {settings.llm_api_key_file} with the key of the model server cannot be read.",
            hint="Correct POSTERCHAT_LLM_API_KEY_FILE or the permissions of the file.",
        ) from error
