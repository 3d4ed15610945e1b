"""What the repos room announces. Receivers only enqueue tasks."""

from __future__ import annotations

from django.dispatch import Signal

# Sent on commit, after refs have moved. Arguments: repository_id (int), user_id (int or None),
# updates (list of repos.git.refs.RefUpdate).
pushed = Signal()

# Sent inside the transaction that hands a repository to another owner. Arguments: repository (Repository),
# old_owner (Owner), new_owner (Owner).
moving = Signal()

# Sent inside the transaction that deletes a repository, before its rows go. Arguments: repository (Repository).
deleting = Signal()

# Sent inside the transaction that writes a row of Activity. Arguments: activity (Activity).
recorded = Signal()

# Sent inside the transaction that writes down what a check says. Arguments: status (CommitStatus).
status_set = Signal()

# Sent inside the transaction that completes a fork, and when a fork took commits of its parent. Arguments: repository
# (Repository, the fork), parent (Repository), user_id (int or None).
forked = Signal()
