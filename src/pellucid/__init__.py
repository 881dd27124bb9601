"""Image classifiers you can see through."""

from pellucid.storage.errors import Error

__version__ = "0.1.0"
__all__ = ["Error"]
