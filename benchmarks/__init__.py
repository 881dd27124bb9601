"""What is measured, against whom, and on which machine. Each file runs alone: `python -m benchmarks.softmax_epoch`."""
