"""Optuna keeps the study: which trials there are, how good each was after how many epochs, and how it ended.

It draws nothing and decides nothing: what a trial is follows from the seed (`space.py`), who goes on from the values
(`halving.py`). Any tool for Optuna's studies, such as its dashboard, can read along in `study.db` while the search
runs; the heartbeat tells it which trials are alive.
"""

import contextlib
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pellucid.search.space import Range, Space
from pellucid.storage.atomic import refuse_disk
from pellucid.storage.errors import FileError, MissingDependencyError, StorageError, printable

NAME = "pellucid"
"""What Optuna calls the study in `study.db`."""

_HEARTBEAT = 60  # seconds


def check_installed() -> None:
    """Raise `MissingDependencyError` unless Optuna can be imported."""
    import importlib.util

    if importlib.util.find_spec("optuna") is None:
        raise MissingDependencyError(
            "A search needs Optuna, which is not installed: pip install 'pellucid[search]'."
        )


class Study:
    """The study in `study.db` of a search's folder; it is made where there is none.

    Whatever is told twice counts once, so that a search that was killed can tell again what it is not sure of.

    Parameters
    ----------
    trials : for each the names and values of what is searched, in the order of their numbers
    spans : for each the low and high ends of what is searched on a range

    Raises
    ------
    FileError : `study.db` is damaged
    StorageError : the disk refuses
    """

    def __init__(
        self,
        folder: Path,
        space: Space,
        trials: Sequence[Mapping[str, Any]],
        spans: Sequence[Mapping[str, tuple[float, float]]],
    ) -> None:
        self._path = folder / "study.db"
        self._space, self._trials, self._spans = space, trials, spans
        self._beat = 0.0
        with self._refusing():
            import optuna

            optuna.logging.set_verbosity(optuna.logging.WARNING)
            with warnings.catch_warnings():
                # Of the heartbeat Optuna says that it is experimental, and meant for its own loop.
                warnings.simplefilter("ignore")
                self._storage = optuna.storages.RDBStorage(
                    f"sqlite:///{self._path.absolute()}", heartbeat_interval=_HEARTBEAT
                )
                _commit_lightly(self._storage.engine)
                self._study = optuna.create_study(
                    storage=self._storage,
                    study_name=NAME,
                    direction="maximize",
                    load_if_exists=True,
                    sampler=_given(trials),
                )
                self._values = self._begun()

    @property
    def values(self) -> dict[int, dict[int, float]]:
        """Trial's number → epochs done → how good it was then, as far as it was told."""
        return self._values

    def report(self, number: int, epoch: int, value: float) -> None:
        """Trial `number` has this value after so many epochs; −inf where its numbers are no longer finite."""
        if epoch in self._values[number]:
            return
        with self._refusing():
            self._storage.set_trial_intermediate_value(self._id(number), epoch, value)
        self._values[number][epoch] = value

    def end(self, number: int, ended: str) -> None:
        """Trial `number` has "finished", was "stopped" early, or has "diverged"."""
        from optuna.trial import TrialState

        states = {
            "finished": TrialState.COMPLETE,
            "stopped": TrialState.PRUNED,
            "diverged": TrialState.FAIL,
        }
        value = max(self._values[number].items())[1] if ended == "finished" else None
        with self._refusing():
            self._study.tell(number, value, states[ended], skip_if_finished=True)

    def beat(self, numbers: Sequence[int]) -> None:
        """These trials are alive. Told now and then, however often it is called."""
        if time.monotonic() - self._beat < _HEARTBEAT / 2:
            return
        self._beat = time.monotonic()
        with self._refusing():
            for number in numbers:
                self._storage.record_heartbeat(self._id(number))

    def close(self) -> None:
        """Close the file."""
        with self._refusing():
            self._storage.remove_session()
            self._storage.engine.dispose()

    def _begun(self) -> dict[int, dict[int, float]]:
        """Ask for the trials that are not in the study yet; all of them then run, side by side."""
        import optuna

        known = self._study.get_trials(deepcopy=False)
        for number, frozen in enumerate(known):
            # A kill between two writes leaves a trial without some of its settings.
            if not frozen.state.is_finished() and len(frozen.params) < len(self._space.searched):
                self._suggest(optuna.Trial(self._study, self._id(number)), number)
        for number in range(len(known), len(self._trials)):
            self._suggest(self._study.ask(), number)
        found = {number: dict(frozen.intermediate_values) for number, frozen in enumerate(known)}
        return {number: found.get(number, {}) for number in range(len(self._trials))}

    def _suggest(self, trial: Any, number: int) -> None:
        for name, each in self._space.searched.items():
            if isinstance(each, Range):
                trial.suggest_float(name, *self._spans[number][name], log=True)
            else:
                trial.suggest_categorical(name, each.values)

    def _id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study._study_id, number)

    @contextlib.contextmanager
    def _refusing(self) -> Iterator[None]:
        """Say in one sentence what is wrong with the file or the disk."""
        import sqlalchemy
        from optuna.exceptions import StorageInternalError

        try:
            yield
        except (StorageInternalError, sqlalchemy.exc.DatabaseError) as error:
            cause = _innermost(error)
            if "full" in cause or "readonly" in cause or "unable to open" in cause or "disk i/o" in cause:
                raise StorageError(
                    f"{printable(self._path)}: cannot be written: {cause}. Free some space, or choose another folder; "
                    "what was searched so far is kept."
                ) from error
            raise FileError(
                f"{printable(self._path)}: not a whole study ({cause}). Restore it from a copy, or delete it: the "
                "trials are the same when they are done again."
            ) from error
        except OSError as error:
            raise refuse_disk(self._path, error) from error


def _innermost(error: BaseException) -> str:
    """What SQLite said, without all that was wrapped around it."""
    inside = getattr(error, "orig", None) or error.__cause__
    return _innermost(inside) if inside else str(error).lower().partition("\n")[0]


def _given(trials: Sequence[Mapping[str, Any]]) -> Any:
    """A sampler of Optuna's that draws nothing: each trial has its values already."""
    from optuna.samplers import BaseSampler

    class Given(BaseSampler):
        def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, Any]:
            return {}

        def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
            return {}

        def sample_independent(self, study: Any, trial: Any, param_name: str, param_distribution: Any) -> Any:
            return trials[trial.number][param_name]

    return Given()


def _commit_lightly(engine: Any) -> None:
    """Do not wait for the disk at each of hundreds of small writes: a killed process loses none of them, and what a
    loss of power may lose is told again."""
    import sqlalchemy

    @sqlalchemy.event.listens_for(engine, "connect")
    def light(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    engine.dispose()
