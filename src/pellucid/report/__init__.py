"""A run, or several, as one HTML file: made for reading, sending and printing, with no network and no script."""
