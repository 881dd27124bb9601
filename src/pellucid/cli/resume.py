"""`pellucid resume RUN`: go on with a run that was stopped."""

from pellucid.cli import options


def resume(run: options.Run, json: options.Json = False) -> None:
    """Go on with a run that was stopped, to the same bits as if it had not been."""
    import shlex

    from pellucid.arrays.compile import keep_programs
    from pellucid.cli.console import console
    from pellucid.cli.running import conclude, load_data
    from pellucid.cli.training_screen import TrainingScreen
    from pellucid.storage.errors import printable
    from pellucid.training import trainer
    from pellucid.training.run import read_run

    screen = console(json)
    dataset, _ = load_data(screen, read_run(run)["load"])
    keep_programs()
    try:
        with TrainingScreen(screen) as listener:
            outcome = trainer.resume(run, dataset, listener=listener)
    except KeyboardInterrupt as stop:
        raise type(stop)(f"stopped. Go on with: pellucid resume {shlex.quote(printable(run))}") from None
    conclude(screen, dataset, outcome, run, json)
