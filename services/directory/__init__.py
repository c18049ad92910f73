"""The service directory: organisations, services, practitioners and how to reach them (SD-1, SD-7)."""
