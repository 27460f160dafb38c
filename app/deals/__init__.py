"""Deals: how a firm and a vendor come together, from the first enquiry on; later quotation, contract and acceptance.

Owns enquiries, their threads, the consents and reveals of contact details. Words: enquiry 意向, asker who sent it,
answerer who answers it. Neighbours: `needs`, `offerings`, `matching` below; the case page above shows our panels.
"""
