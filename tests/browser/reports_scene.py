"""Puts reports into alice/stones: one with a block of each kind, and a short one."""

from __future__ import annotations

from collections.abc import Mapping

from accounts.actor import Actor
from accounts.models import User
from repos.git.commits import Put
from repos.models import Repository
from repos.services.edits import commit_changes
from tests.browser.scenes import Words

FINDINGS = """---
summary: Smaller learning rates won, and it did not take long to see.
author: Alice and Bob
---
# What the sweep taught us

Five runs of the same network, each with another learning rate. The [guide](../docs/guide.md) tells how to repeat them.

## Best runs

```runs
experiment: resnet sweep
order: metrics.train/loss
columns: params.lr, params.optimizer, metrics.train/loss
limit: 5
```

## Curves

They all fall alike; what differs is where they end.

```chart
experiment: resnet sweep
metric: train/loss
smoothing: 0.4
title: Training loss
```

## Side by side

```compare
experiment: resnet sweep
limit: 3
```

### The stones

```file
path: data/stones.csv
```

## Next

- [x] Try smaller steps
- [ ] Try a larger batch

```runs
experiment: resnet sweep
limit: very many
```
"""


REPORTS = {"reports/sweep.md": FINDINGS, "reports/short note.md": "A note without a title.\n"}


def fill_with_reports(repository: Repository, writer: User, files: Mapping[str, str] = REPORTS) -> Words:
    """The files in one commit, which {sha} names."""
    repository.refresh_from_db()
    changes = [Put(path.encode(), text.encode()) for path, text in files.items()]
    actor = Actor(user=writer)
    update = commit_changes(actor=actor, repository=repository, branch="main", changes=changes, message="Report")
    return {"sha": update.new}
