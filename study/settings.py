"""Settings from the environment or .env, prefix ALONGSIDE_; docs/operations.md lists them (a test holds them
together)."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

PARTICIPANTS_BOT = "participants"
STAFF_BOT = "staff"


class Settings(BaseSettings):
    """What an installation chooses. Numbers a doctor might change are in study.yml instead."""

    model_config = SettingsConfigDict(env_prefix="ALONGSIDE_", env_file=".env", extra="ignore")

    var_dir: Path = Field(Path("var"), description="Folder for the database, keys, run.json and logs")
    database_url: str = Field("sqlite:///var/alongside.db", description="SQLAlchemy address of the database")
    study: Path = Field(Path("protocols/harbor"), description="Folder of the study: study.yml and wordings")
    faq: Path = Field(Path("nlu/faq"), description="Folder of the coordinators' questions and answers")
    participant_bot_token: SecretStr | None = Field(None, description="Token of the participants' bot")
    staff_bot_token: SecretStr | None = Field(None, description="Token of the staff's bot")
    telegram_api_url: str = Field("https://api.telegram.org", description="Address of the Bot API server")
    rasa_url: str | None = Field(None, description="Set: attach to this Rasa and start none")
    rasa_secret: SecretStr | None = Field(None, description="Shared secret of bot and Rasa; made at start if unset")
    data_key: SecretStr | None = Field(
        None,
        description="Master key, 32 bytes in base64; made on first start in VAR_DIR/data.key where unset",
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    smtp_url: SecretStr | None = Field(None, description="Mail server for alarms to the operator, smtp://host:port")
    alarm_to: str | None = Field(None, description="Mail address of the operator who gets system alarms")
    health_port: int = Field(8090, description="Port of GET /health of `alongside up`, 127.0.0.1 only")
    demo_port: int = Field(8080, description="Port of the rehearsal page, 127.0.0.1 only")
    rasa_port: int = Field(5005, description="Port of Rasa, 127.0.0.1 only")
    actions_port: int = Field(5055, description="Port of the action server, 127.0.0.1 only")
    models_port: int = Field(5056, description="Port of the model server, 127.0.0.1 only")
    clock_file: Path | None = Field(None, description="Rehearsals only: file that turns study time")
    tick_seconds: float = Field(5.0, description="Seconds between two looks at what is due")
    poll_seconds: int = Field(25, description="Seconds Telegram may hold a getUpdates call open")
    rasa_timeout: float = Field(20.0, description="Seconds to wait for one answer of Rasa before asking again")
    overall_rate: float = Field(25.0, description="Messages a second to Telegram, all chats of a bot together")
    chat_rate: float = Field(1.0, description="Messages a second to one chat")
    chat_burst: int = Field(3, description="Messages to one chat that may go at once")
    rehearsal: bool = Field(False, description="Unapproved texts are allowed; people are test participants")
    run: str = Field("live", description="Name of this run, part of Rasa's sender id")

    @property
    def bots(self) -> dict[str, SecretStr]:
        """The bot accounts by name. One token for both is one account, "participants", that staff use too."""
        tokens = {PARTICIPANTS_BOT: self.participant_bot_token, STAFF_BOT: self.staff_bot_token}
        given = {name: token for name, token in tokens.items() if token is not None}
        if len({token.get_secret_value() for token in given.values()}) < len(given):
            del given[STAFF_BOT]
        return given
