"""Test accuracy of networks on CIFAR-10: two layers, three, two with mirror images, and the small convolutional one.

Settings were compared on 5,000 validation pictures that were taken from the training pictures. They are not untouched
by the test pictures: two layers without normalization came to 58.98 % on these, and with mirror images for 20 epochs to
60.60 %, before others were looked for on validation. The epochs of three layers and of the convnet were not compared.

Each row then trains on all 50,000 training pictures to the last epoch, with seeds of its own, and is measured once on
the 10,000 test pictures. Those called default train as `pellucid train cifar10/ --model NAME` does, with one picture in
ten held out to keep the best epoch by, so on 45,000.

python -m benchmarks.network_accuracy --rows two-layers convnet --seeds 0 1 2

runs these rows alone; what it finds is put beside what was found before (`results/network_accuracy.json`).
"""

from benchmarks.accuracy_rows import Accuracies, Row

ROWS = {
    "two-layers": Row("2 layers", {"model": "mlp"}, 0.59),
    "two-layers-flips": Row(
        "2 layers, mirror images, also at test time",
        {
            "model": "mlp",
            "network": {"input_dropout": 0.2},
            "augment": "flip",
            "test_time_flips": True,
            "epochs": 34,
        },
        0.62,
    ),
    "three-layers": Row(
        "3 layers",
        {
            "model": "mlp",
            "network": {"hidden": (1500, 750)},
            "epochs": 25,
        },
        0.60,
    ),
    "convnet": Row(
        "small convnet, mirror images and shifts", {"model": "convnet", "augment": "flip,shift"}, 0.78
    ),
    "mlp-default": Row("--model mlp", {"model": "mlp"}, 0.58, whole=False),
    "maxout-default": Row("--model maxout", {"model": "maxout"}, 0.57, whole=False),
    "convnet-default": Row("--model convnet", {"model": "convnet"}, 0.76, whole=False),
}

_COLUMNS = {
    "settings": lambda trainings: (
        f"{trainings[-1]['recipe']['epochs']} epochs, rate {trainings[-1]['recipe']['learning_rate']:g}"
    ),
}

ACCURACIES = Accuracies("network_accuracy", "Accuracy of networks on CIFAR-10", ROWS, _COLUMNS, "")

if __name__ == "__main__":
    ACCURACIES.main(__doc__)
