"""Clusters: alerts that belong together, one file per way of belonging; ``detection`` finds them all."""
