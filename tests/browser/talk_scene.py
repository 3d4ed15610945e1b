"""Fills alice/stones with talk: an issue with everything that happens, discussions of every format, a thread."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from accounts.actor import Actor
from accounts.models import User
from collab.models import PollOption
from collab.services.comments import begin_thread, hide_comment, post_comment, post_reply
from collab.services.discussions import NewPoll, choose_answer, open_discussion, upvote
from collab.services.issues import open_issue
from collab.services.polls import vote
from collab.services.reactions import react
from collab.services.topic_state import close_topic, edit_topic, lock_topic, pin_topic, reopen_topic
from repos.models import Repository

_BODY = """Since `v0.4` the loss goes to NaN on the *second* GPU.

```python
with torch.autocast("cuda"):
    loss = model(batch).loss
```

- [x] reproduced on A100
- [ ] reproduced on CPU

| run | val_loss |
|---|---:|
| stone-12 | 0.31 |

@bob, could you look? :eyes:"""


def fill_with_conversations(repo: Repository, alice: User, bob: User, carol: User) -> dict[str, str]:
    """The numbers of what was made, by word."""
    owner, writer, reader = (Actor(user=user) for user in (alice, bob, carol))
    issue = open_issue(actor=reader, repository=repo, title="Validation loss diverges after epoch 12", body=_BODY)
    other = open_issue(actor=writer, repository=repo, title="Clip gradients", body=f"Would help with #{issue.number}")
    said = post_comment(actor=writer, topic=issue, body=f"Like #{other.number}?\n\n> goes to NaN\n\nYes, @carol.")
    for actor in (owner, reader):
        react(actor=actor, on=said, sign="+1")
    edit_topic(actor=writer, topic=issue, title="Validation loss becomes NaN after epoch 12")
    spam = post_comment(actor=reader, topic=issue, body="Cheap stones at example.org")
    hide_comment(actor=owner, comment=spam, reason="spam")
    close_topic(actor=writer, topic=issue, reason="not_planned")
    reopen_topic(actor=owner, topic=issue)
    lock_topic(actor=owner, topic=other, reason="resolved")
    question = open_discussion(
        actor=reader,
        repository=repo,
        category="q-a",
        title="How do I resume a sweep?",
        body="It stopped after 13 of 40.",
    )
    answer = post_comment(actor=writer, topic=question, body="Pass `--resume` with its id.")
    post_comment(actor=reader, topic=question, body="That worked, thanks!", parent=answer)
    choose_answer(actor=reader, topic=question, comment=answer)
    upvote(actor=owner, on=question)
    upvote(actor=owner, on=answer)
    ends = timezone.now() + dt.timedelta(days=5)
    poll = open_discussion(
        actor=owner, repository=repo, category="polls", title="Which optimiser next?", body="For the next release.",
        poll=NewPoll("Which should be the default?", ["AdamW", "SGD with momentum", "Lion"], ends_at=ends),
    )  # fmt: skip
    vote(actor=writer, topic=poll, options=[PollOption.objects.order_by("position")[0].pk])
    news = open_discussion(
        actor=owner, repository=repo, category="announcements", title="Stones 0.5 is out", body="Read the notes."
    )
    pin_topic(actor=owner, topic=news)
    thread = begin_thread(
        actor=reader, repository=repo, subject="file", key="src/train.py", place={"start": 2, "line": 3},
        body="Why twice?", excerpt=[["", 2, "loss.backward()"], ["", 3, "loss.backward()"]],
    )  # fmt: skip
    post_reply(actor=owner, thread=thread, body="It should be once.")
    return {
        "issue": str(issue.number), "locked": str(other.number), "said": str(said.pk), "question": str(question.number),
        "poll": str(poll.number), "thread": str(thread.pk),
    }  # fmt: skip
