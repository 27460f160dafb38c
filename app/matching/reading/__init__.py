"""From a factory owner's words to a `Reading`: pain points, scenarios, quantities, site conditions, industry.

Pure functions of the text and of the lexicon (`app/data/reference/lexicon`, composed by the centre); no database,
no clock, no engine. `reader.read` is the door.
"""
