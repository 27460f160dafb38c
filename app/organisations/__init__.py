"""organisations: the parties of the platform, known by their 统一社会信用代码.

Owns organisations, their capacities (enterprise, vendor, institution, finance; several at once), district and
industry, the centre's verification with its history, who runs one (claims, appointed admins), licences, size,
qualifications, vendor pools and appeals. People and their memberships live in `accounts` below, papers in `files`;
`policies`, `offerings` and `needs` above listen to the jobs `organisations.verified` and `organisations.changed`
(payload `{"organisation_id": …}`).
"""
