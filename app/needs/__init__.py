"""The demand side: a need from the first sentence to the published page, with its one case number.

Owns needs, their baseline figures, the quality gate and the staff's decisions on held needs. Neighbours: `organisations`
below (who posts), `matching` above (what fits); `offerings` is a sibling and never imported.
"""
