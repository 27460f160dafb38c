"""offerings: the supply side – solutions, third-party services and equipment with packages and prices.

Words: offering 供给, package 套餐, component 明细, case 案例 (the vendor's own, confirmed by staff or not),
review 上架审核, report 举报, letters 小快轻准. A change of a listed offering waits as `pending` beside the
listed text and replaces it on approval. Neighbours: `policies` below, `needs` beside, `matching` above.
"""
