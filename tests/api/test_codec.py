"""What Temporal stores is unreadable, and the UI's browser may read it with a token."""

import base64
import hashlib

from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload

from api.deps import Caller, Site
from runtime.codec import EncryptionCodec
from tests.api.stage import PUBLIC_URL, stage

UI = "https://temporal.example"
KEY = bytes(range(32))
PLAIN = Payload(metadata={"encoding": b"json/plain"}, data=b'{"number":1042}')
BASIC = {"Authorization": "Basic " + base64.b64encode(b"anna:may-decode").decode()}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def test_only_a_person_with_the_scope_reads_and_only_from_the_uis_page(
    database_url: str,
) -> None:
    codec = EncryptionCodec({"k1": KEY}, newest="k1")
    sealed = await codec.encode([PLAIN])
    body = {"payloads": [MessageToDict(one) for one in sealed]}
    callers = {
        _hash("may-decode"): Caller("anna", frozenset({"codec"})),
        _hash("may-order"): Caller("shop", frozenset({"orders:read"})),
    }
    site = Site(public_url=PUBLIC_URL, temporal_ui_origin=UI)
    async with stage(database_url, codec=codec, callers=callers, site=site) as api:
        asked = await api.http.get("/codec")
        assert asked.status_code == 401
        assert asked.headers["www-authenticate"].startswith("Basic ")
        assert (await api.http.get("/codec", headers=BASIC)).status_code == 200

        for headers in ({}, {"Authorization": "Bearer may-order"}, {"Authorization": "Basic ???"}):
            answer = await api.http.post("/codec/decode", json=body, headers=headers)
            assert answer.status_code == 401, headers
            assert "1042" not in answer.text

        answer = await api.http.post("/codec/decode", json=body, headers={**BASIC, "Origin": UI})
        assert answer.json() == {"payloads": [MessageToDict(PLAIN)]}
        assert answer.headers["access-control-allow-origin"] == UI
        assert answer.headers["access-control-allow-credentials"] == "true"

        elsewhere = {**BASIC, "Origin": "https://evil.example"}
        answer = await api.http.post("/codec/decode", json=body, headers=elsewhere)
        assert "access-control-allow-origin" not in answer.headers
        before = await api.http.options("/codec/decode", headers={"Origin": UI})
        assert before.status_code == 204
        assert "content-type" in before.headers["access-control-allow-headers"]


async def test_what_is_no_payload_or_has_a_lost_key_is_refused_by_name(database_url: str) -> None:
    codec = EncryptionCodec({"k1": KEY}, newest="k1")
    lost = await EncryptionCodec({"k0": KEY}, newest="k0").encode([PLAIN])
    callers = {_hash("may-decode"): Caller("anna", frozenset({"codec"}))}
    async with stage(database_url, codec=codec, callers=callers) as api:
        for body, status in (
            ({"payloads": "many"}, 400),
            ("payload", 400),
            ({"payloads": [MessageToDict(lost[0])]}, 409),
        ):
            answer = await api.http.post("/codec/decode", json=body, headers=BASIC)
            assert answer.status_code == status, answer.text
