"""What is measured in pictures before a model sees them."""
