"""The pages and routes of a connector, for any framework: an adapter translates requests and responses, no more."""
