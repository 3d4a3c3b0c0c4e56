"""Payouts: one short workflow per word of a person, so that it is done whatever restarts."""

from datetime import timedelta

from temporalio import workflow

from activities.messages import PayoutAnswer, PayoutCommand
from activities.payouts import PayoutActivities
from rules.payouts import RegisterState
from workflows.policies import WRITE_RETRY, WRITE_TIMEOUT

SEND_TIMEOUT = timedelta(seconds=60)


@workflow.defn
class PayoutWorkflow:
    """Writes what a person decided; an approved register goes to the bank at once."""

    @workflow.run
    async def run(self, command: PayoutCommand) -> PayoutAnswer:
        """The committed answer."""
        answer = await workflow.execute_activity_method(
            PayoutActivities.decide_payout,
            command,
            start_to_close_timeout=WRITE_TIMEOUT,
            retry_policy=WRITE_RETRY,
            summary=f"Payouts: {command.act.value}",
        )
        if answer.refused is not None or answer.state is not RegisterState.APPROVED:
            return answer
        return await workflow.execute_activity_method(
            PayoutActivities.send_payouts,
            command.register_id,
            start_to_close_timeout=SEND_TIMEOUT,
            retry_policy=WRITE_RETRY,
            summary=f"Payouts: P-{answer.number} to the bank",
        )
