"""accounts: users, memberships and roles, server-side sessions.

Words: user, membership (a user in an organisation, as member or organisation admin), role grant (a
platform role, some with a district), session. `organisation_id` is a bare foreign key: organisations
live in the room above. Neighbours: `reference` below, `organisations` above.
"""
