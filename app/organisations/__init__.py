"""organisations: the parties of the platform, known by their 统一社会信用代码.

Owns organisations, their capacities (enterprise, vendor, institution, finance; several at once), district and
industry, and the centre's verification with its history. People and their memberships live in `accounts`
below; `policies`, `offerings` and `needs` above listen to the jobs `organisations.verified` and
`organisations.changed` (payload `{"organisation_id": …}`).
"""
