"""The model server: Rasa asks it every few seconds for the published model and loads a new one by itself, without
dropping a conversation. What is served is what the database says, if its file is the one that was published."""

from __future__ import annotations

import hashlib
import hmac
import logging
from pathlib import Path

import uvicorn
from sqlalchemy.orm import Session
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from study import alarms
from study.bootstrap import App, bootstrap, rasa_secret
from study.logs import set_up_logging
from study.publications import published
from study.settings import Settings
from study.work import Work

log = logging.getLogger("models")

MISSING, WRONG_HASH = "model_missing", "model_of_the_wrong_hash"


class ModelServer:
    """Reads the database at every question, so that a publication needs to tell nobody."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.secret = rasa_secret(app.settings).get_secret_value()
        self._hashes: dict[tuple[str, int, int], str] = {}
        self._alarmed: set[str] = set()

    def page(self) -> Starlette:
        return Starlette(routes=[Route("/model", self.model), Route("/health", self.health)])

    def model(self, request: Request) -> Response:
        """200 with the file, 304 where Rasa has it, 403 for strangers, 503 where there is none to be served."""
        if not hmac.compare_digest(request.query_params.get("token", "").encode(), self.secret.encode()):
            return Response(status_code=403)
        served, reason = self.served()
        if served is None:
            return JSONResponse({"reason": reason}, status_code=503)
        file, sha256 = served
        if request.headers.get("if-none-match") == sha256:
            return Response(status_code=304, headers={"ETag": sha256})
        return FileResponse(file, headers={"ETag": sha256, "filename": file.name})

    def health(self, _request: Request) -> Response:
        served, reason = self.served()
        ready = served is not None
        return JSONResponse({"ready": ready, "reason": reason}, status_code=200 if ready else 503)

    def served(self) -> tuple[tuple[Path, str] | None, str | None]:
        """The file and its hash, or why there is none: `model_missing`, `model_of_the_wrong_hash`. An alarm is sounded
        once for each (fault 27): Rasa goes on with the model it has, and a Rasa that starts is not ready."""
        row = self.app.db.read(published)
        if row is None:
            newest = newest_trained(self.app.settings)
            return ((newest, self._sha256(newest)), None) if newest is not None else (None, self._alarm(MISSING))
        file = kept_models(self.app.settings) / row.model
        if not file.exists():
            return None, self._alarm(MISSING, row.model)
        if self._sha256(file) != row.sha256:
            return None, self._alarm(WRONG_HASH, row.model)
        self._alarmed.clear()
        return (file, row.sha256), None

    def _sha256(self, file: Path) -> str:
        """Computed again only when the file has changed."""
        stat = file.stat()
        key = (file.name, stat.st_size, stat.st_mtime_ns)
        if key not in self._hashes:
            self._hashes = {key: sha256_of(file)}
        return self._hashes[key]

    def _alarm(self, code: str, subject: str = "nlu/models") -> str:
        if code not in self._alarmed:
            self._alarmed.add(code)
            log.error("%s: %s", subject, code)
            now = self.app.clock.now()

            def sound(session: Session) -> None:
                work = Work(session, self.app.study, now)
                if code == MISSING:
                    alarms.sound(work, "model_missing", subject)
                else:
                    alarms.sound(work, "model_of_the_wrong_hash", subject)

            self.app.db.run(sound)
        return code


def kept_models(settings: Settings) -> Path:
    """Where published models are kept: they are an installation's data, not this folder's."""
    return settings.var_dir / "models"


def language_project(settings: Settings) -> Path:
    """The folder with domain.yml and nlu/: the one the FAQ files are in."""
    return settings.faq.resolve().parent.parent


def trained_models(settings: Settings) -> Path:
    """Where training puts its models, each with the report of the gate beside it."""
    return settings.faq.resolve().parent / "models"


def newest_trained(settings: Settings) -> Path | None:
    """What was trained last: served as long as nothing was published."""
    return max(trained_models(settings).glob("*.tar.gz"), key=lambda file: file.stat().st_mtime, default=None)


def sha256_of(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def main() -> None:
    settings = Settings()
    set_up_logging(settings.log_level, "models")
    server = ModelServer(bootstrap(settings))
    uvicorn.run(
        server.page(),
        host="127.0.0.1",
        port=settings.models_port,
        log_config=None,
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
