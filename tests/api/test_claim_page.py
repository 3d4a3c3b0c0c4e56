"""A claim on its client's page: every item, every picture, and both answers."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from activities.gateways.file_store import EncryptedFileStore
from models.database import Database
from models.files import SentFile
from rules.files import FileKind, without_metadata
from rules.orders import ClaimItem
from rules.views import ClaimView
from tests.activities.test_file_store import KEYS, NOW, jpeg
from tests.api.stage import show, stage, write_contractor, write_order
from tests.texts.views import states
from workflows.messages import ClaimVerdict

VIEW = states()["cancelled_made"]


async def test_the_client_sees_items_and_pictures_and_objects_with_a_reason(
    database_url: str, tmp_path: Path
) -> None:
    database = Database(database_url)
    store = EncryptedFileStore(database, tmp_path, KEYS)
    async with stage(database_url, files=store) as api:
        order = await write_order(database)
        url = f"/o/{order.secret}"
        sent = SentFile(order.id, FileKind.COST, jpeg(), order.client_id)
        photo = await store.keep(sent)
        paper = await store.keep(replace(sent, content=b"%PDF-1.7 receipt"))
        other = await store.keep(replace(sent, order_id=str(uuid4())))
        claim = VIEW.claim
        assert claim is not None
        items = (ClaimItem("travel", 300_00, (photo,)), ClaimItem("materials", 150_00, (paper,)))
        made: ClaimView = replace(claim, items=items, amount_kopecks=450_00)
        contractor = await write_contractor(database)
        await show(database, order, replace(VIEW, claim=made), contractor)

        page = await api.http.get(url)
        for words in ("дорога 300", "материалы 150", f"{url}/files/{photo}"):
            assert words in page.text.replace("\u00a0", " "), page.text
        picture = await api.http.get(f"{url}/files/{photo}")
        assert picture.content == without_metadata(jpeg())
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.headers["cache-control"] == "no-store"
        assert picture.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in picture.headers["content-security-policy"]
        saved = await api.http.get(f"{url}/files/{paper}")
        assert saved.headers["content-disposition"] == "attachment"
        # Nobody else's, nothing unknown, and nothing that was erased.
        await store.erase(paper, NOW)
        for gone in (other, str(uuid4()), paper):
            assert (await api.http.get(f"{url}/files/{gone}")).status_code == 404
        foreign = f"/o/secret-of-nobody-at-all/files/{photo}"
        assert (await api.http.get(foreign)).status_code == 404

        asked = await api.http.get(f"{url}?ask=claim_no")
        assert 'value="object_r1"' in asked.text
        done = await api.http.post(url, data={"action": "object_r1", "version": str(VIEW.version)})
        assert done.headers["location"] == f"{url}?said=saved"
        [(_, said, _)] = api.orders.of("answer_claim")
        assert (said.verdict, said.reason) == (ClaimVerdict.OBJECT, "too_much")
    await database.close()
