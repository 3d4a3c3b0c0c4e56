"""What a process has learnt of a message's type serves every workflow and activity in it."""

from temporalio.contrib.pydantic import pydantic_data_converter

from runtime.payloads import SharedPydanticConverter, data_converter
from workflows.messages import Acceptance


def test_all_converters_of_a_process_read_json_with_one() -> None:
    first, second = SharedPydanticConverter(), SharedPydanticConverter()

    assert first.converters[b"json/plain"] is second.converters[b"json/plain"]


def test_messages_read_as_by_the_kits_own_converter() -> None:
    said = Acceptance(17)
    theirs = pydantic_data_converter.payload_converter.to_payload(said)
    ours = data_converter.payload_converter.to_payload(said)

    assert ours == theirs
    assert data_converter.payload_converter.from_payload(theirs, Acceptance) == said
