"""The loosest error bound that costs less than a user allows."""
