"""Layers put together, with all that is needed to judge a picture; and the file that holds it."""
