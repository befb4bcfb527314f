"""For the tests of apps: suites that an own implementation of a port has to pass."""
