"""Alert rules, one file per typology; ``detection`` runs them all."""
