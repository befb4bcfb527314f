"""What Frappe speaks over HTTP, as values: calls to make, replies to read."""
