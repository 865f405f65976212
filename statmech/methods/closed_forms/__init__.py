"""Models whose partition function is known in closed form."""
