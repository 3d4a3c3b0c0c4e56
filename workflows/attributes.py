"""Search attributes, named once."""

from temporalio.common import SearchAttributeKey

ORDER_STATE = SearchAttributeKey.for_keyword("OrderState")
SERVICE_TYPE = SearchAttributeKey.for_keyword("ServiceType")
REGION = SearchAttributeKey.for_keyword("Region")
ORDER_NUMBER = SearchAttributeKey.for_keyword("OrderNumber")
CLIENT_ID = SearchAttributeKey.for_keyword("ClientId")
CONTRACTOR_ID = SearchAttributeKey.for_keyword("ContractorId")
NEEDS_ATTENTION = SearchAttributeKey.for_bool("NeedsAttention")
DUE_AT = SearchAttributeKey.for_datetime("DueAt")
