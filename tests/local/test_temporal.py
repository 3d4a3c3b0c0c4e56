from datetime import timedelta
from uuid import uuid4

from temporalio import workflow
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from local.temporal import NAMESPACE, SEARCH_ATTRIBUTES, EmbeddedTemporal


@workflow.defn
class WaitingWorkflow:
    @workflow.run
    async def run(self, days: int) -> float:
        began = workflow.now()
        await workflow.sleep(timedelta(days=days))
        return (workflow.now() - began).total_seconds()


async def test_the_namespace_keeps_histories_for_30_days(temporal_client: Client) -> None:
    answer = await temporal_client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=NAMESPACE)
    )

    assert answer.config.workflow_execution_retention_ttl.ToTimedelta() == timedelta(days=30)


async def test_every_search_attribute_is_registered(temporal_client: Client) -> None:
    answer = await temporal_client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=NAMESPACE)
    )

    assert set(SEARCH_ATTRIBUTES) <= set(answer.custom_attributes)


async def test_a_month_of_waiting_passes_at_once(temporal_client: Client) -> None:
    queue = f"waiting-{uuid4()}"
    skipper = TimeSkipper(temporal_client)

    async with Worker(temporal_client, task_queue=queue, workflows=[WaitingWorkflow]):
        waited = await skipper.client.execute_workflow(
            WaitingWorkflow.run, 31, id=queue, task_queue=queue
        )

    assert waited >= timedelta(days=31).total_seconds()


def test_the_servers_health_is_known(temporal_server: EmbeddedTemporal) -> None:
    assert temporal_server.is_healthy()
    assert temporal_server.exit_code() is None
