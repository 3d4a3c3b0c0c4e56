"""Encryption of Temporal payloads: AES-256-GCM, the key's id in the metadata, keys rotate by id."""

import os
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec
from typing_extensions import override

ENCODING = b"binary/encrypted"
KEY_ID = "drillflow-key-id"
NONCE_BYTES = 12


class UnknownKey(Exception):
    """The payload was encrypted with a key that this process does not have."""


class EncryptionCodec(PayloadCodec):
    """Encrypts with the newest key and decrypts with any known one."""

    def __init__(self, keys: Mapping[str, bytes], *, newest: str) -> None:
        """`keys` are 32 bytes each, by id."""
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = newest

    @override
    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Each payload whole, metadata included."""
        return [self._encrypt(payload) for payload in payloads]

    @override
    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """What is not encrypted passes as it is, so the codec can be switched on at any time.

        Raises:
            UnknownKey: The key has been taken away.
        """
        return [self._decrypt(payload) for payload in payloads]

    def _encrypt(self, payload: Payload) -> Payload:
        nonce = os.urandom(NONCE_BYTES)
        bound = self._newest.encode()
        data = self._ciphers[self._newest].encrypt(nonce, payload.SerializeToString(), bound)
        return Payload(metadata={"encoding": ENCODING, KEY_ID: bound}, data=nonce + data)

    def _decrypt(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata[KEY_ID].decode()
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise UnknownKey(key_id)
        nonce, data = payload.data[:NONCE_BYTES], payload.data[NONCE_BYTES:]
        return Payload.FromString(cipher.decrypt(nonce, data, key_id.encode()))
