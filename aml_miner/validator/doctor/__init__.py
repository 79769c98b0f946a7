"""Is this machine, are these models and are these features fit to answer a validator: check by check."""
