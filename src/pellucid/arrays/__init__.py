"""NumPy's arrays or JAX's: the only folder that meets JAX."""
