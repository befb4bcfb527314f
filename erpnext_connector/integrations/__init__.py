"""The connector inside web frameworks."""
