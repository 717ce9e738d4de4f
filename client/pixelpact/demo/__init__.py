"""The story of one shared study, told on real parts, and its report."""
