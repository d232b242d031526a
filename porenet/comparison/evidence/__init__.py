"""Statistics behind a decision: distance, intervals, permutation tests, joint test, neighbourhoods.

Samples are arrays here, NaN where a value is undefined; `porenet.comparison.judgement.judge` turns tables into them.
"""
