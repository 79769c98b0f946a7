"""Transfers in; address features, patterns, alerts and clusters out."""
