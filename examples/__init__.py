"""Apps that show how the connector is used."""
