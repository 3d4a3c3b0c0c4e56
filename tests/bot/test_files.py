"""Pictures from a phone into the store, and out of it when their owner leaves."""

from pathlib import Path

from bot.visit import Desk
from models.files import FileStore
from tests import factories
from tests.activities.test_file_store import files_in, jpeg, png
from tests.bot.conftest import Person, RecordedOrders, Rows, RunningBot, Simulator


async def _photo(person: Person, content: bytes) -> None:
    await _captioned(person, content, "")


async def _captioned(person: Person, content: bytes, caption: str) -> None:
    url, words = f"/sim/people/{person.id}/photo", {"caption": caption}
    answer = await person.simulator.http.post(url, files={"file": content}, data=words)
    assert answer.status_code == 200, answer.text


async def test_photos_of_the_place_are_kept_for_the_order_and_erased_with_their_owner(
    running_bot: RunningBot,
    desk: Desk,
    simulator: Simulator,
    orders: RecordedOrders,
    rows: Rows,
    tmp_path: Path,
) -> None:
    anna = await simulator.person("Анна", phone_number="+79261234567")
    await anna.text("/new")
    await anna.tap("Ремонт")
    await anna.tap("Ремонт насоса")
    await anna.tap("Заменить насос")
    await anna.sees("Где участок?")
    await anna.location(*factories.TVER)
    await anna.tap("Как можно скорее")
    await anna.sees("Пришлите фото места")
    # The same picture twice is one.
    for content in (jpeg(), png(), jpeg()):
        await _photo(anna, content)
    await anna.sees("Получили 2")
    await anna.tap("Дальше")
    await anna.contact()
    await anna.tap("📨 Отправить")
    await anna.sees("принята")

    [placed] = orders.placed
    kept = await rows("SELECT id, order_id, kind, uploaded_by FROM files ORDER BY bytes")
    assert [(str(one.order_id), one.kind) for one in kept] == [(placed.order_id, "place")] * 2
    [request] = await rows("SELECT photo_count FROM order_requests")
    assert request.photo_count == 2
    assert len(files_in(tmp_path / "files")) == 2
    store: FileStore | None = desk.files
    assert store is not None
    found = await store.read(placed.order_id, str(kept[0].id))
    assert found is not None
    assert b"canary" not in found.content

    await anna.text("/delete_me")
    await anna.tap("🗑 Да, удалить")
    await anna.sees("Удалили ваши")
    assert files_in(tmp_path / "files") == []
    left = await rows("SELECT sha256, erased_at FROM files")
    assert all(len(one.sha256) == 64 and one.erased_at for one in left)


async def test_a_photo_that_comes_with_a_question_reaches_support_with_it(
    running_bot: RunningBot, simulator: Simulator, rows: Rows
) -> None:
    olga, anna = await simulator.person("Ольга"), await simulator.person("Анна")
    await olga.text("/help")
    await olga.sees("Как это работает")
    await rows("UPDATE users SET is_support = true")
    await anna.text("/support")
    await anna.sees("Напишите, что случилось")
    await _captioned(anna, jpeg(), "Насос шумит <b>")

    await anna.sees("Передали человеку")
    await olga.sees("Насос шумит <b>")
    assert [one for one in await olga.messages() if one.get("photo")]
