"""Durable control data: what the app must still know after a restart."""
