"""The page of settings is what the code says."""

from pathlib import Path

from local.settings_table import MEANINGS, markdown
from settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_the_commands_output() -> None:
    assert (ROOT / "docs/settings.md").read_text(encoding="utf-8") == markdown()


def test_every_setting_has_a_meaning_and_no_meaning_is_left_over() -> None:
    assert set(MEANINGS) == set(Settings.model_fields)
