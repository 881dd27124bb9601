"""`pellucid resume RUN`: go on with a run, or a search, that was stopped."""

from pellucid.cli import options


def resume(run: options.Run, json: options.Json = False) -> None:
    """Go on with a run, or a search, that was stopped, to the same bits as if it had not been."""
    from pellucid.cli.console import console
    from pellucid.cli.running import reload_data, resume_and_report

    screen = console(json)
    if (run / "search.json").exists():
        from pellucid.cli.searching import go_on

        go_on(screen, run, json)
        return
    resume_and_report(screen, reload_data(screen, run), run, json)
