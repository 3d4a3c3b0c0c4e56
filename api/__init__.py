"""The HTTP surface: REST, webhooks, one order's page, health; acts only through workflows."""
