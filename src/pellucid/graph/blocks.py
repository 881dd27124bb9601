"""A large graph in few boxes: by the layers that its variables are named after, else by runs, else by pieces.

The operations stand in an order in which each comes after its inputs. Every box is a stretch of that order, so the
graph of the boxes never goes round in a circle, however they are chosen.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from pellucid.graph.parts import Part

AT_MOST = 60  # nodes of a drawing
_EASY = 14  # boxes in a row that a person takes in at a glance
_PIECES = 12


@dataclass(frozen=True)
class Stretch:
    """The operations from `start` to before `stop`; of one it is the operation itself, of more a box.

    `times` is how many like stretches it puts together, 1 for a plain box. `layer` is the name of the layer.
    """

    start: int
    stop: int
    times: int = 1
    layer: str = ""

    @property
    def is_box(self) -> bool:
        return self.stop - self.start > 1

    @property
    def id(self) -> str:
        return f"box{self.start}-{self.stop}"


@dataclass(frozen=True)
class Blocks:
    """The boxes of a graph, and the boxes in them."""

    parts: Sequence[Part]
    limit: int = AT_MOST

    @cached_property
    def operations(self) -> list[int]:
        """The numbers of the parts that are operations, in their order."""
        return [number for number, part in enumerate(self.parts) if part.kind == "operation"]

    @cached_property
    def place(self) -> dict[int, int]:
        """Where in the order the operation with this number stands."""
        return {number: place for place, number in enumerate(self.operations)}

    @cached_property
    def users(self) -> dict[int, list[int]]:
        """The places of the operations that take a part, by the part's number."""
        found: dict[int, list[int]] = {}
        for place, number in enumerate(self.operations):
            for each in self.parts[number].inputs:
                found.setdefault(each, []).append(place)
        return found

    @cached_property
    def layers(self) -> list[tuple[str, ...]]:
        """The layer of each operation, by place: that of its variables, else that of its latest input.

        An operation with fewer axes than its input (a loss, a mean) is no longer part of the layer before it.
        """
        found: list[tuple[str, ...]] = []
        for number in self.operations:
            inputs = self.parts[number].inputs
            named = [layer for each in inputs if (layer := layer_of(self.parts[each]))]
            latest = max((self.place[each] for each in inputs if each in self.place), default=-1)
            goes_on = latest >= 0 and self._axes(number) >= self._axes(self.operations[latest])
            found.append(named[0] if named else found[latest] if goes_on else ())
        return found

    def _axes(self, number: int) -> int:
        value = self.parts[number].value
        return 0 if value is None else value.ndim

    def stretches(self, opened: frozenset[str] = frozenset()) -> list[Stretch]:
        """The whole graph in boxes and single operations; boxes with ids in `opened` give way to what they hold."""
        if not self.operations:
            return []
        done, waiting = [], list(reversed(self.within(0, len(self.operations))))
        while waiting:
            stretch = waiting.pop()
            if stretch.is_box and stretch.id in opened:
                waiting.extend(reversed(self.within(stretch.start, stretch.stop)))
            else:
                done.append(stretch)
        return done

    def within(self, start: int, stop: int) -> list[Stretch]:
        """The operations from `start` to `stop`, in as many stretches as can be looked at."""
        single = [Stretch(place, place + 1) for place in range(start, stop)]
        if self._drawn(single) <= self.limit:
            return single
        depth = max(len(layer) for layer in self.layers[start:stop])
        named = [self._by_layer(start, stop, level) for level in range(depth, 0, -1)]
        runs = self._runs(start, stop)
        candidates = [*named, *map(self._repeated, named), runs, self._repeated(runs)]
        fitting = [
            each for each in candidates if 1 < len(each) < stop - start and self._drawn(each) <= self.limit
        ]
        easy = [each for each in fitting if len(each) <= _EASY]
        if easy or fitting:
            return (easy or fitting)[0]
        return self._pieces(start, stop)

    def absorbed(self, stretches: Sequence[Stretch]) -> dict[int, str]:
        """The variables and constants that are drawn inside a box, with the id of that box."""
        holder = {
            place: each.id for each in stretches if each.is_box for place in range(each.start, each.stop)
        }
        found, outside = {}, 0
        for number, places in self.users.items():
            if self.parts[number].kind == "operation":
                continue
            if places[0] in holder and layer_of(self.parts[number]):
                found[number] = holder[places[0]]
            else:
                outside += 1
        if len(stretches) + outside > self.limit:
            for number, places in self.users.items():
                owners = {holder.get(place) for place in places}
                if self.parts[number].kind != "operation" and len(owners) == 1 and None not in owners:
                    found[number] = holder[places[0]]
        return found

    def _drawn(self, stretches: Sequence[Stretch]) -> int:
        """How many nodes these stretches would take, with the variables and constants beside them."""
        start, stop = stretches[0].start, stretches[-1].stop
        holder = {place for each in stretches if each.is_box for place in range(each.start, each.stop)}
        leaves = {
            each
            for place in range(start, stop)
            for each in self.parts[self.operations[place]].inputs
            if self.parts[each].kind != "operation"
        }
        outside = sum(not (self.users[each][0] in holder and layer_of(self.parts[each])) for each in leaves)
        if len(stretches) + outside <= self.limit:
            return len(stretches) + outside
        return len(stretches) + sum(not holder.issuperset(self.users[each]) for each in leaves)

    def _by_layer(self, start: int, stop: int, level: int) -> list[Stretch]:
        found: list[Stretch] = []
        for place in range(start, stop):
            layer = self.layers[place][:level]
            if found and layer and layer == self.layers[place - 1][:level]:
                found[-1] = Stretch(found[-1].start, place + 1, 1, ".".join(layer))
            else:
                found.append(Stretch(place, place + 1, 1, ".".join(layer)))
        return found

    def _runs(self, start: int, stop: int) -> list[Stretch]:
        """Each operation that takes nothing but the one before it, which nothing else takes, joins it."""
        found: list[Stretch] = []
        for place in range(start, stop):
            inputs = {each for each in self.parts[self.operations[place]].inputs if each in self.place}
            before = self.operations[place - 1] if place > start else -1
            if inputs == {before} and self.users[before] == [place]:
                found[-1] = Stretch(found[-1].start, place + 1)
            else:
                found.append(Stretch(place, place + 1))
        return found

    def _repeated(self, stretches: list[Stretch]) -> list[Stretch]:
        """Three or more neighbors that do the same operations become one."""
        found: list[list[Stretch]] = []
        signatures: list[tuple[str, ...]] = []
        for each in stretches:
            signature = tuple(self.parts[self.operations[place]].op for place in range(each.start, each.stop))
            if found and signature == signatures[-1]:
                found[-1].append(each)
            else:
                found.append([each])
                signatures.append(signature)
        merged: list[Stretch] = []
        for group in found:
            merged += group if len(group) < 3 else [Stretch(group[0].start, group[-1].stop, len(group))]
        return merged

    def _pieces(self, start: int, stop: int) -> list[Stretch]:
        """About equal pieces, cut where the fewest values pass from one to the next."""
        count = stop - start
        change = [0] * (count + 1)
        for place in range(start, stop):
            last = max(self.users.get(self.operations[place], [place]))
            change[place - start + 1] += 1
            change[min(last, stop - 1) - start + 1] -= 1
        passing, now = [], 0
        for each in change:
            now += each
            passing.append(now)
        cuts, reach = [0], count // (2 * _PIECES + 2)
        for piece in range(1, _PIECES):
            middle = piece * count // _PIECES
            around = range(max(middle - reach, cuts[-1] + 1), min(middle + reach, count - 1) + 1)
            cuts.append(min(around, key=lambda cut: (passing[cut], abs(cut - middle)), default=middle))
        cuts = sorted({*cuts, count})
        return [Stretch(start + a, start + b) for a, b in itertools.pairwise(cuts)]


def layer_of(part: Part) -> tuple[str, ...]:
    """The layer that a variable is named after: ("stage1", "conv2") of stage1.conv2.weight, ("7",) of W7."""
    if part.kind != "variable" or not part.name:
        return ()
    *layer, last = re.split(r"[./]", part.name)
    if layer:
        return tuple(layer)
    numbered = re.fullmatch(r"\D+?[_ ]?(\d+)", last)
    return (numbered[1],) if numbered else ()
