"""The typed door to payouts for the bot and the API; every command may be repeated."""

import asyncio
from dataclasses import dataclass
from uuid import UUID, uuid5

from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from activities.messages import PayoutAct, PayoutAnswer, PayoutCommand
from rules.errors import BY_NAME, BadInput, RuleViolation
from rules.reasons import PAYOUT_REASONS
from workflows.client import Unavailable
from workflows.payouts import PayoutWorkflow
from workflows.policies import TASK_QUEUE

__all__ = ["PayoutAct", "PayoutAnswer", "PayoutCommand", "Payouts", "register_id"]

_REGISTERS = UUID("5b9f5d5c-0b3a-5d1e-8f43-726567697374")
"""The name space of register ids; never change it."""

ANSWER_SECONDS = 15.0


def register_id(by: str, key: str) -> str:
    """The register that this person proposes under this key; the same again for the same."""
    return str(uuid5(_REGISTERS, f"{by}:{key}"))


@dataclass(frozen=True)
class Payouts:
    """All that may be asked of payouts; every command may be repeated."""

    client: Client

    async def say(self, command: PayoutCommand) -> PayoutAnswer:
        """Do it, and return when it stands in the database.

        Raises:
            NobodyToPay, PayoutUnknown, PayoutDecided, SecondPersonNeeded: It was refused.
            BadInput: The reason is no known code; a person's own words never enter a workflow.
            Unavailable: Not known yet; repeat.
        """
        if command.reason and command.reason not in PAYOUT_REASONS:
            raise BadInput("why the bank did not pay: " + ", ".join(PAYOUT_REASONS))
        whose = command.payee_id if command.payee_id is not None else "all"
        name = f"payout-{command.register_id}-{command.act.value}-{whose}-{command.by}"
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self.client.execute_workflow(
                    PayoutWorkflow.run,
                    command,
                    id=name,
                    task_queue=TASK_QUEUE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    static_summary=f"Payouts: {command.act.value}",
                )
        except (TimeoutError, RPCError) as error:
            raise Unavailable(command.act.value) from error
        if answer.refused is not None:
            raise BY_NAME.get(answer.refused, RuleViolation)()
        return answer
