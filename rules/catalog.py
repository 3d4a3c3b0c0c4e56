"""What can be ordered, in which job class, and what it roughly costs."""

from dataclasses import dataclass
from enum import StrEnum


class ServiceType(StrEnum):
    """The three lines of business."""

    DRILLING = "drilling"
    REPAIR = "repair"
    SEWAGE = "sewage"


class JobClass(StrEnum):
    """How fast a job runs: minutes, days or weeks; it selects the clocks."""

    URGENT = "urgent"
    SERVICE = "service"
    PROJECT = "project"


class Service(StrEnum):
    """One orderable service."""

    DRILLING_WELL = "drilling.well"
    REPAIR_NO_WATER = "repair.no_water"
    REPAIR_PUMP = "repair.pump"
    REPAIR_CLEANING = "repair.cleaning"
    SEWAGE_OVERFLOW = "sewage.overflow"
    SEWAGE_PUMP_OUT = "sewage.pump_out"
    SEWAGE_INSTALL = "sewage.install"

    @property
    def service_type(self) -> ServiceType:
        """The line of business, the part before the dot."""
        return ServiceType(self.value.split(".")[0])

    @property
    def job_class(self) -> JobClass:
        """The job class that selects timers, waves and refund tiers."""
        return _JOB_CLASSES[self]


_JOB_CLASSES = {
    Service.DRILLING_WELL: JobClass.PROJECT,
    Service.REPAIR_NO_WATER: JobClass.URGENT,
    Service.REPAIR_PUMP: JobClass.SERVICE,
    Service.REPAIR_CLEANING: JobClass.SERVICE,
    Service.SEWAGE_OVERFLOW: JobClass.URGENT,
    Service.SEWAGE_PUMP_OUT: JobClass.SERVICE,
    Service.SEWAGE_INSTALL: JobClass.PROJECT,
}


@dataclass(frozen=True)
class Estimate:
    """A price range in kopecks; the prepayment is taken from the low end."""

    low_kopecks: int
    high_kopecks: int


DETAILS: dict[Service, tuple[str, ...]] = {
    Service.DRILLING_WELL: ("depth_unknown", "depth_30", "depth_60", "depth_120"),
    Service.REPAIR_NO_WATER: ("symptom_silent", "symptom_hums", "symptom_unknown"),
    Service.REPAIR_PUMP: ("pump_replace", "pump_check"),
    Service.REPAIR_CLEANING: ("depth_30", "depth_60", "depth_unknown"),
    Service.SEWAGE_OVERFLOW: ("volume_3", "volume_6", "volume_unknown"),
    Service.SEWAGE_PUMP_OUT: ("volume_3", "volume_6", "volume_unknown"),
    Service.SEWAGE_INSTALL: ("people_3", "people_6", "people_unknown"),
}
"""The one question asked per service, answered by a button; 'unknown' is always allowed."""


def rubles(low: int, high: int) -> Estimate:
    """A price range given in whole roubles."""
    return Estimate(low * 100, high * 100)


TARIFFS_V1: dict[str, Estimate] = {
    # Editable examples from public price lists of 2020-2025, not a promise.
    "drilling.well:depth_unknown": rubles(90_000, 350_000),
    "drilling.well:depth_30": rubles(75_000, 120_000),
    "drilling.well:depth_60": rubles(150_000, 240_000),
    "drilling.well:depth_120": rubles(300_000, 480_000),
    "repair.no_water:symptom_silent": rubles(4_000, 25_000),
    "repair.no_water:symptom_hums": rubles(5_000, 30_000),
    "repair.no_water:symptom_unknown": rubles(4_000, 35_000),
    "repair.pump:pump_replace": rubles(12_000, 45_000),
    "repair.pump:pump_check": rubles(3_500, 9_000),
    "repair.cleaning:depth_30": rubles(9_000, 18_000),
    "repair.cleaning:depth_60": rubles(15_000, 30_000),
    "repair.cleaning:depth_unknown": rubles(9_000, 35_000),
    "sewage.overflow:volume_3": rubles(5_000, 9_000),
    "sewage.overflow:volume_6": rubles(8_000, 14_000),
    "sewage.overflow:volume_unknown": rubles(5_000, 16_000),
    "sewage.pump_out:volume_3": rubles(2_800, 5_000),
    "sewage.pump_out:volume_6": rubles(4_800, 8_000),
    "sewage.pump_out:volume_unknown": rubles(2_800, 9_000),
    "sewage.install:people_3": rubles(120_000, 220_000),
    "sewage.install:people_6": rubles(180_000, 320_000),
    "sewage.install:people_unknown": rubles(120_000, 350_000),
}
