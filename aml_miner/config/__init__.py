"""Settings of the machine and configuration of the models."""
