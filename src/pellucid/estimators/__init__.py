"""Scikit-learn's contract: what pellucid measures, as transformers."""
