"""Batches and truth into models, and an honest account of how good they are."""
