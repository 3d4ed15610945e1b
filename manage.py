#!/usr/bin/env python3
"""The one command line of Cairn: `manage.py up` starts a hub, `manage.py help` lists the rest."""

from __future__ import annotations

import os
import sys


def _take_home(argv: list[str]) -> list[str]:
    """Take `--home DIR` out of the arguments, for every command alike: settings read HUB_HOME when they are loaded."""
    rest: list[str] = []
    words = iter(argv)
    for word in words:
        if word == "--home":
            os.environ["HUB_HOME"] = next(words, "")
        elif word.startswith("--home="):
            os.environ["HUB_HOME"] = word.removeprefix("--home=")
        else:
            rest.append(word)
    return rest


def main() -> None:
    """Run one management command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    sys.argv = _take_home(sys.argv)
    if sys.argv[1:2] == ["up"]:
        from hub import restart, supervisor

        plan = restart.plan_again(sys.argv[1:])
        if plan is not None:
            status = supervisor.run(plan)
            if status:
                restart.forget()
            sys.exit(status)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
