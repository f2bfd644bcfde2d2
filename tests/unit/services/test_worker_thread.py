"""The thread behind announcements, runs and files: it works when woken, and stops."""

from __future__ import annotations

import threading

from bot.services.worker_thread import WorkerThread

PATIENCE = 60.0
LONG = 3_600.0


def test_it_works_at_the_start_and_when_woken() -> None:
    """Between the two it waits for as long as the work said."""
    turns = threading.Semaphore(0)

    def work() -> float:
        turns.release()
        return LONG

    thread = WorkerThread("worker", work)
    thread.start()
    assert turns.acquire(timeout=PATIENCE)
    thread.wake()
    assert turns.acquire(timeout=PATIENCE)
    thread.stop()
    assert not turns.acquire(blocking=False)


def test_a_stop_lets_the_work_under_way_finish() -> None:
    """Nothing is begun after it, and what belongs to the end is done on the thread."""
    begun, finish = threading.Event(), threading.Event()
    done: list[str] = []

    def work() -> float:
        begun.set()
        assert finish.wait(PATIENCE)
        done.append("work")
        return 0.0

    thread = WorkerThread("worker", work, at_end=lambda: done.append("end"))
    thread.start()
    assert begun.wait(PATIENCE)
    thread.stop(timeout=0.0)
    assert thread.stopping.is_set()
    assert done == []
    finish.set()
    thread.stop()
    assert done == ["work", "end"]


def test_a_stop_right_before_a_round_is_not_missed() -> None:
    """The round clears the event that the stop has set, and still doesn't begin."""

    class Woken(threading.Event):
        """The thread is stopped right before this is cleared."""

        def clear(self) -> None:
            thread.stopping.set()
            self.set()
            super().clear()

    rounds: list[str] = []

    def work() -> float:
        rounds.append("round")
        return LONG

    thread = WorkerThread("worker", work, woken=Woken())
    thread.start()
    thread.stop(PATIENCE)
    assert rounds == []


def test_one_that_never_began_can_be_stopped() -> None:
    """A bot that fails at its start stops everything."""
    WorkerThread("worker", lambda: LONG).stop()
