"""A workflow that does nothing, in a module that imports nothing: the floor to measure against."""

from temporalio import workflow


@workflow.defn
class EmptyWorkflow:
    """Ends at once."""

    @workflow.run
    async def run(self) -> None:
        """Nothing."""
