"""The benchmark suite behind `manage.py bench`: generated data of a chosen scale, jobs, and a table of verdicts.

A job is one small file: it says which ways of doing the same work are measured (the limit, which is raw SQL or COPY on
the same data; ours; the peers) and which goals follow from the times.
"""
