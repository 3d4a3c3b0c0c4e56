"""Payloads are unreadable in Temporal, and stay readable for us when keys rotate."""

import pytest
from cryptography.exceptions import InvalidTag
from temporalio.api.common.v1 import Payload

from runtime.codec import EncryptionCodec, UnknownKey

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'"D-1042"')


async def test_encrypted_payload_shows_nothing_and_comes_back_whole() -> None:
    codec = EncryptionCodec({"k1": OLD}, newest="k1")

    sealed = await codec.encode([PLAIN, PLAIN])

    assert b"D-1042" not in sealed[0].SerializeToString()
    assert sealed[0].data != sealed[1].data
    assert await codec.decode(sealed) == [PLAIN, PLAIN]


async def test_old_payloads_stay_readable_after_rotation_and_plain_ones_always() -> None:
    sealed = await EncryptionCodec({"k1": OLD}, newest="k1").encode([PLAIN])
    rotated = EncryptionCodec({"k2": NEW, "k1": OLD}, newest="k2")

    assert await rotated.decode([*sealed, PLAIN]) == [PLAIN, PLAIN]
    with pytest.raises(UnknownKey):
        await EncryptionCodec({"k2": NEW}, newest="k2").decode(sealed)


async def test_changed_payload_is_refused() -> None:
    codec = EncryptionCodec({"k1": OLD}, newest="k1")
    sealed = (await codec.encode([PLAIN]))[0]
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])

    with pytest.raises(InvalidTag):
        await codec.decode([sealed])
