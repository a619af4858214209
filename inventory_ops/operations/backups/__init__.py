"""Everything of one installation in one file, and back: what `manage.py backup` and `manage.py restore` run.

The file is a ZIP: the database as `pg_dump` writes it, the files, and a manifest with versions, rows and digests.
"""
