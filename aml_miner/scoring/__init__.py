"""Scores, ranks and the reasons for them: the core both shells call."""
