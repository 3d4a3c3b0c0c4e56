"""One question to a geocoder, so that it is asked once, in its turn, whoever restarts."""

from temporalio import workflow
from temporalio.exceptions import ActivityError

from activities.geocoding import Answered, GeocodingActivities
from workflows import policies


@workflow.defn
class GeocodingWorkflow:
    """The address is a row; here is its id only."""

    @workflow.run
    async def run(self, request_id: str) -> Answered:
        """What became of it; a geocoder that does not answer is no failure."""
        try:
            return await workflow.execute_activity_method(
                GeocodingActivities.ask_geocoder,
                request_id,
                task_queue=policies.GEOCODE_TASK_QUEUE,
                start_to_close_timeout=policies.GEOCODE_TIMEOUT,
                schedule_to_close_timeout=policies.GEOCODE_IN_ALL,
                retry_policy=policies.GEOCODE_RETRY,
                summary="Asks the geocoder",
            )
        except ActivityError:
            return Answered.UNAVAILABLE
