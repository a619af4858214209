"""Telling people: apps publish notices, the dispatcher hands them to destinations, deliveries are sent until done."""
