"""Reading calls as they come over the wire: form-encoded, multipart, JSON, or in the query of the address."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from rehearsal.fake_telegram.refusals import bad_request


class Params(dict[str, Any]):
    """The arguments of a call. Values are text in a form, and may be of any type in a JSON body."""

    def text(self, name: str) -> str:
        value = self.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """As Telegram reads numbers: what is none counts as 0, and nothing as the default."""
        value = self.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            return 0

    def flag(self, name: str) -> bool:
        return str(self.get(name, "")).lower() in ("true", "yes", "1")

    def structure(self, name: str) -> Any:
        """A value that is JSON in itself; None if it is not there. Raises a refusal if it is no JSON."""
        value = self.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise bad_request(f"can't parse {name} JSON object") from error

    @property
    def chat_id(self) -> int | None:
        """The chat the call is about; None if it is about none, or about one by @name (which no chat here
        has).
        """
        return self.integer("chat_id") or None


async def read_params(request: Request) -> Params:
    """Raises a refusal for what Telegram refuses: JSON that is none, text that is not Unicode."""
    params = Params(request.query_params)
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if content_type == "application/json":
            params.update(_object(await request.body()))
        elif content_type == "multipart/form-data":
            form = await request.form()
            params.update({key: value for key, value in form.items() if isinstance(value, str)})
        else:
            body = (await request.body()).decode("ascii")
            params.update(parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body), errors="strict"))
        json.dumps(params, ensure_ascii=False).encode("utf-8")
    except UnicodeError as error:
        raise bad_request("strings must be encoded in UTF-8") from error
    except ValueError as error:
        raise bad_request("can't parse the request") from error
    return params


def _object(body: bytes) -> Mapping[str, Any]:
    parsed = json.loads(body or b"{}")
    if not isinstance(parsed, dict):
        raise ValueError("the body is no JSON object")
    return parsed
