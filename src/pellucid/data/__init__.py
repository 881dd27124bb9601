"""Labelled pictures and rows of numbers: from whatever the user has to one `Dataset`.

`pellucid.data.load.load` takes everything that pellucid reads: a folder of class folders, a table of files, CIFAR,
IDX, `.npz`, a `.csv` of numbers, or a name such as `digits`. Nothing is imported here, so that each part costs only
those who use it.
"""
