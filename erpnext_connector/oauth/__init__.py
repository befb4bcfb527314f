"""OAuth 2.0 with a site as the provider, as values: addresses to send people to, calls to make, replies to read."""
