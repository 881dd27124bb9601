"""From a picture to the numbers that the model sees: part of the model, the same for training and prediction."""
