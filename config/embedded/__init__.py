"""Local PostgreSQL, Valkey and IAM for a start without any set-up. Imports no Django."""
