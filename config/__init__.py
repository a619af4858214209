"""The project: settings, addresses, and the local services of a start without set-up."""
