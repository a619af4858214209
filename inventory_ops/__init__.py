"""The base app: marketplace data, Action Required, Events Ledger, channels."""
