"""Patterns among transfers, one file per kind; ``detection`` runs them all."""
