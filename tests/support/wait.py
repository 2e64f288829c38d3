"""Waiting without sleeping against a busy clock: poll until a condition holds or a deadline passes."""
import os
import time

# Sanitizers make everything slower; a deadline only matters when something is wrong.
PATIENCE = float(os.environ.get("OUTRIGGER_TEST_PATIENCE", "20"))


def until(condition, what, seconds=PATIENCE):
    """The first true value of `condition()`; AssertionError that names `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(0.01)
