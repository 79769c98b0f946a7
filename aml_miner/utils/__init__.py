"""Small tools that know nothing of alerts: folders that appear whole."""
