"""docs/optimizers.md does what it says: its Python runs and prints what it promises; its tables are the real ones."""

import dataclasses
import re
from pathlib import Path

from pellucid.optimizers.named import OPTIMIZERS
from pellucid.optimizers.schedules import SCHEDULES

PAGE = Path(__file__).parents[2] / "docs" / "optimizers.md"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_examples_run_and_print_what_they_promise(capsys):
    found = FENCE.findall(PAGE.read_text("utf-8"))
    names: dict = {}
    ran = 0
    for (kind, text), (following, expected) in zip(found, [*found[1:], ("", "")], strict=True):
        if kind != "python":
            continue
        exec(compile(text, str(PAGE), "exec"), names)
        printed = capsys.readouterr().out
        ran += 1
        if following == "text":
            assert printed == expected
            continue
        promised = re.findall(r"print\(.*\)  # (.*)", text)
        assert len(printed.splitlines()) == len(promised)
        for said, line in zip(promised, printed.splitlines(), strict=True):
            assert line.startswith(said[:-2]) if said.endswith(" …") else line == said
    assert ran == 7


def test_the_tables_name_every_optimizer_and_schedule_with_its_settings():
    rows = {
        line.split("`")[1]: line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `")
    }
    for name, each in (OPTIMIZERS | SCHEDULES).items():
        assert type(each).__name__ in rows[name]
        for field in dataclasses.fields(each):
            if field.name not in ("nesterov", "first_decay", "second_decay", "epsilon") or name == "adam":
                assert f"`{field.name}`" in rows[name], (name, field.name)
    assert rows.keys() == OPTIMIZERS.keys() | SCHEDULES.keys()
