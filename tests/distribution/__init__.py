"""Which statements would need a change if Citus distributed tables by merchant: those that the tests run."""
