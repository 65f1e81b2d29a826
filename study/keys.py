"""Encrypted columns: AES-256-GCM with a key for each person, wrapped by the master key (DATA_KEY).

A sealed value is `format(1) | key id(4) | nonce(12) | ciphertext`; the key's owner is authenticated with it, so a value
moved to another person's row does not open. Look-ups use a keyed hash (HMAC-SHA-256), never the value.
Destroying a person's key makes all their sealed values unreadable, in backups too (GDPR article 17, NIST SP 800-88).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, Session, mapped_column

from study.db.base import Base
from study.errors import WrongDataKey

FORMAT = b"\x01"


class DataKey(Base):
    """One wrapped key. `owner` is a participant or staff code, or "study" for what belongs to no one."""

    __tablename__ = "data_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(unique=True)
    master_version: Mapped[int] = mapped_column(default=1)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    destroyed_at: Mapped[datetime | None]


def new_master_key() -> str:
    """A fresh master key, 32 random bytes in base64."""
    return base64.b64encode(os.urandom(32)).decode()


class Vault:
    """Opens and seals. Holds the master key of this process; unwrapped keys are remembered by id."""

    def __init__(self, master: str) -> None:
        try:
            raw = base64.b64decode(master, validate=True)
        except ValueError:
            raw = b""
        if len(raw) != 32:
            raise WrongDataKey("is not 32 bytes in base64")
        self._master = AESGCM(self._derive(raw, b"wrap"))
        self._lookup = self._derive(raw, b"look-up")
        self._opened: dict[int, AESGCM] = {}

    @staticmethod
    def _derive(raw: bytes, purpose: bytes) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=b"alongside " + purpose).derive(raw)

    def fingerprint(self, text: str) -> str:
        """Keyed hash for look-ups: the same text gives the same hash, and only with this master key."""
        return hmac.new(self._lookup, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    def make_key(self, session: Session, owner: str, now: datetime) -> DataKey:
        """A new key for `owner`, stored wrapped."""
        nonce = os.urandom(12)
        wrapped = nonce + self._master.encrypt(nonce, AESGCM.generate_key(256), owner.encode())
        key = DataKey(owner=owner, wrapped=wrapped, created_at=now)
        session.add(key)
        session.flush()
        return key

    def study_key(self, session: Session, now: datetime) -> DataKey:
        """The key for what belongs to no person yet. Made with the first start; also proves that DATA_KEY fits."""
        key = session.query(DataKey).filter_by(owner="study").one_or_none()
        return key or self.make_key(session, "study", now)

    def _open_key(self, session: Session, key_id: int) -> AESGCM:
        if key_id not in self._opened:
            key = session.get(DataKey, key_id)
            if key is None or key.wrapped is None:
                raise WrongDataKey(f"has no key {key_id}: it was destroyed or belongs to another database")
            try:
                raw = self._master.decrypt(key.wrapped[:12], key.wrapped[12:], key.owner.encode())
            except InvalidTag:
                raise WrongDataKey("does not open this database") from None
            self._opened[key_id] = AESGCM(raw)
        return self._opened[key_id]

    def seal(self, session: Session, key_id: int, text: str) -> bytes:
        """Encrypt any text, lone surrogates included."""
        nonce = os.urandom(12)
        head = FORMAT + key_id.to_bytes(4, "big")
        return (
            head + nonce + self._open_key(session, key_id).encrypt(nonce, text.encode("utf-8", "surrogatepass"), head)
        )

    def unseal(self, session: Session, sealed: bytes) -> str:
        """Decrypt. Raises WrongDataKey if the key is gone or the value was altered."""
        head, nonce, body = sealed[:5], sealed[5:17], sealed[17:]
        try:
            plain = self._open_key(session, int.from_bytes(head[1:5], "big")).decrypt(nonce, body, head)
        except InvalidTag:
            raise WrongDataKey("does not open a value of this database: it was altered") from None
        return plain.decode("utf-8", "surrogatepass")


def vault_of(session: Session) -> Vault:
    """The vault of the database this session belongs to."""
    vault: Vault = session.info["vault"]
    return vault


def seal(session: Session, key_id: int, text: str) -> bytes:
    """Encrypt `text` under the key of its owner."""
    return vault_of(session).seal(session, key_id, text)


def unseal(session: Session, sealed: bytes | None) -> str | None:
    """Decrypt a column; None stays None (erased or never given)."""
    return None if sealed is None else vault_of(session).unseal(session, sealed)
