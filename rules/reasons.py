"""Reason codes: what a person chose from buttons. Free text never enters a workflow."""

DECLINE_REASONS = ("busy", "too_far", "price", "no_equipment", "other")
CANCEL_REASONS = ("changed_mind", "found_other", "price", "too_long", "weather", "mistake", "other")
WITHDRAW_REASONS = ("rig_broke", "no_access", "weather", "ill", "price", "other")
CLAIM_REASONS = ("travel", "materials", "equipment", "crew_time", "work_begun")
OBJECTION_REASONS = ("no_proof", "too_much", "not_done", "other")
# Nobody objects: the proof is missing and the client is silent, so a person has to look.
UNPROVEN = "unproven"
SUPPORT_REASONS = ("client_asked", "contractor_asked", "fraud", "mistake", "other")
# Why the bank did not pay.
PAYOUT_REASONS = ("wrong_phone", "account_closed", "limit", "refused", "other")
