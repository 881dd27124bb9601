"""`pellucid`: the commands, put together, and how each of them ends."""

import importlib
import sys
from typing import Any

from pellucid.cli.interruption import Terminated, end, heard, listen
from pellucid.cli.streams import give_up, prepare_streams, unwritable

COMMANDS = (
    "data", "train", "resume", "evaluate", "predict", "compare", "search", "summary", "features", "graph", "check",
    "doctor",
)  # fmt: skip
"""Each is a function of its name in a file of its name."""


def main() -> None:
    """Run the command line and end the process: 0 done, 1 it failed (one sentence on stderr), 2 wrong
    usage, 130 interrupted."""
    debug = "--debug" in sys.argv
    listen()
    prepare_streams()
    end(_flushed(_status([word for word in sys.argv[1:] if word != "--debug"], debug)))


def _flushed(status: int) -> int:
    """The status, after all that was printed is written; 1 if it cannot be."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        give_up(sys.stdout)
    except OSError as error:
        give_up(sys.stdout)
        print(f"pellucid: {unwritable(error) or error}", file=sys.stderr)
        return status or 1
    return status


def _status(words: list[str], debug: bool) -> int:
    from pellucid.storage.errors import Error

    try:
        command = _application(words)
        # Not `command.main()`, which would turn Ctrl-C into a bare exit status and lose the sentence.
        with command.make_context("pellucid", list(words)) as context:
            command.invoke(context)
        return 0
    except KeyboardInterrupt as stop:
        heard()
        print(f"\npellucid: {str(stop) or 'interrupted'}", file=sys.stderr)
        return 143 if isinstance(stop, Terminated) else 130
    except BrokenPipeError:
        give_up(sys.stdout)  # the reader, such as `head`, has had enough
        return 1 if words[0] in ("train", "resume", "compare", "search") else 0
    except Error as error:
        if debug:
            raise
        print(f"pellucid: {error}", file=sys.stderr)
        return 1
    except MemoryError:
        print(
            "pellucid: not enough memory. Use a smaller --size or --batch-size, or close other programs.",
            file=sys.stderr,
        )
        return 1
    except Exception as error:
        # Typer brings its own copy of click's exceptions: they are known by what they can do.
        if hasattr(error, "exit_code"):
            if hasattr(error, "show"):
                error.show()
            return int(error.exit_code)
        if debug:
            raise
        told = unwritable(error) if isinstance(error, OSError) else None
        if told:
            give_up(sys.stdout)
            print(f"pellucid: {told}", file=sys.stderr)
            return 1
        print(
            f"pellucid: this should not happen ({type(error).__name__}: {error}). Run it again with "
            f"--debug and report what it prints.",
            file=sys.stderr,
        )
        return 1


def _application(words: list[str]) -> Any:
    """The command that is asked for alone, or all of them for `--help`: importing seven files to run one
    would be a waste."""
    import typer

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        help="Image classifiers you can see through: from a folder of pictures to a classifier and "
        "the reasons for its verdicts.",
        epilog="Begin with: pellucid train digits. Every command takes --json; errors take --debug. "
        "Nothing is ever sent anywhere.",
    )

    @app.callback(invoke_without_command=True)
    def options(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
        if version:
            from pellucid import __version__

            print(__version__)
            raise typer.Exit

    wanted = [words[0]] if words and words[0] in COMMANDS else COMMANDS
    for name in wanted:
        module = importlib.import_module(f"pellucid.cli.{name}")
        app.command(name, cls=getattr(module, "Command", None))(getattr(module, name))
    return typer.main.get_command(app)


if __name__ == "__main__":
    main()
