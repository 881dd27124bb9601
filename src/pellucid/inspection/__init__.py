"""What to look at: measures, mistakes, templates, receipts and what is in the data, as arrays and drawings."""
