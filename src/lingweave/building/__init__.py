"""From one language's pairs to a parallel table: translate, filter, deduplicate, decontaminate.

Nothing here rewrites a table in between: filters look at slices of a memory-mapped table and give
verdicts, and one last pass writes what was not condemned.
"""
