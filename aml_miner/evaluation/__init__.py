"""How good scores are: metrics, and how far each may be off."""
