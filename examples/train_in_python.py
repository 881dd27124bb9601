"""Train two linear classifiers on the bundled digits, compare them, and take one verdict apart."""

import pellucid as pl
from pellucid.inspection.contributions import difference_receipt, receipt

digits = pl.load("digits")
for kind in ("softmax", "svm"):
    outcome = pl.fit(digits, pl.Recipe(model=kind))
    test = outcome.evaluations["test"]
    low, high = test.interval
    print(
        f"{kind}: {test.accuracy:.1%} of {len(test)} test pictures right, 95 % interval {low:.1%} to {high:.1%}"
    )

classifier = outcome.classifier
picture = digits.test.images[0]
verdict = classifier.predict(picture)
first, second = (classifier.classes.index(name) for name, _, _ in verdict.top(2))
mine = receipt(classifier, picture, first)
total = mine.contributions.sum()
print(f"\n{verdict.label}: bias {mine.bias:+.3f} + contributions {total:+.3f} = score {mine.score:+.3f}")
print(difference_receipt(classifier, picture, first, second).sentence())
