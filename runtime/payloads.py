"""Temporal's payloads as JSON by pydantic, read by what the process has learnt of each type once.

The SDK makes a converter for every workflow that it loads and for every activity that it runs, and
each would derive anew how a message is read: milliseconds of a worker's time for each of them.
"""

from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultPayloadConverter,
    JSONPlainPayloadConverter,
)

_JSON = PydanticJSONPlainPayloadConverter()


class SharedPydanticConverter(CompositePayloadConverter):
    """The SDK's converters, with the one for JSON shared by the whole process."""

    def __init__(self) -> None:
        """Made by the SDK as often as it likes."""
        theirs = DefaultPayloadConverter.default_encoding_payload_converters
        super().__init__(
            *(_JSON if isinstance(one, JSONPlainPayloadConverter) else one for one in theirs)
        )


data_converter = DataConverter(payload_converter_class=SharedPydanticConverter)
"""What every client, worker and replayer of the product converts with."""
