"""The stage of a chaos run: a whole product of its own, with data that is thrown away."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from local.chaos_blows import failpoints
from local.chaos_people import LATITUDE, LONGITUDE, REGION, TOWN
from local.postgres import EmbeddedPostgres
from local.stack import Ports, Stack
from local.supervisor import RestartPolicy, Supervisor
from local.temporal import TemporalOptions
from models.contractors import ContractorRow, ContractorServiceRow, ContractorStatus
from models.database import Database
from models.users import UserRow
from rules.catalog import ServiceType
from settings import PREFIX, Settings

POLICY_FILE = Path(__file__).with_name("chaos_policy.json")
CONTRACTORS, CAPACITY = 24, 8
# These are ended on purpose, more often than a crashing program would be forgiven.
_PATIENT = RestartPolicy(first_delay_seconds=0.3, most_delay_seconds=1.0, limit=10_000)
_EXTRA = {f"{PREFIX}POLICY_FILE": str(POLICY_FILE), f"{PREFIX}FAILPOINTS": failpoints()}


@dataclass(frozen=True)
class Stage:
    """A running product; `keeper` watches its database."""

    stack: Stack
    keeper: Supervisor
    url: str


@contextmanager
def stage(report: Callable[[str, str], None]) -> Iterator[Stage]:
    """Start everything on free ports in a folder of its own; all of it is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="drillflow-chaos-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # the database's uid has to walk through
        server = EmbeddedPostgres(folder, fsync=False)
        try:
            with _any_port(), Supervisor(report, _PATIENT) as keeper:
                keeper.start(server)
                with Stack(
                    Settings.model_validate(
                        {"data_dir": folder / "var", "database_url": server.url()}
                    ),
                    report=report,
                    extra=_EXTRA,
                    temporal_options=TemporalOptions(headless=True),
                    restarts=_PATIENT,
                ) as stack:
                    yield Stage(stack, keeper, server.url())
        finally:
            server.destroy()


@contextmanager
def _any_port() -> Iterator[None]:
    """No part takes its usual port: a product that runs on this machine is left alone."""
    names = [f"{PREFIX}{part.name.upper()}_PORT" for part in fields(Ports)]
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "0"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


async def settle_contractors(database: Database) -> None:
    """Contractors around the town, each for every service and many jobs at once."""
    async with database.transaction() as session:
        for number in range(CONTRACTORS):
            user = UserRow(first_name=f"Иван {number}", phone="+79001234567")
            session.add(user)
            await session.flush()
            row = ContractorRow(
                user_id=user.id,
                name=user.first_name,
                status=ContractorStatus.ACTIVE,
                online=True,
                town=TOWN,
                region=REGION,
                latitude=LATITUDE + 0.002 * number,
                longitude=LONGITUDE,
                radius_km=50.0,
                capacity=CAPACITY,
                night_ok=True,
            )
            session.add(row)
            await session.flush()
            for service in ServiceType:
                session.add(ContractorServiceRow(contractor_id=row.id, service_type=service))
