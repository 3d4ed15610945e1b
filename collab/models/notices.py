"""Who wants to hear of what, and what they were told."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import User, fresh_nonce
from collab.models.talk import Comment, Thread
from collab.models.topics import Topic
from repos.models import Repository


class Watch(models.Model):
    """How much of a repository somebody wants to hear. Without a row: what concerns them."""

    class Level(models.TextChoices):
        ALL = "all", "Everything"
        PARTICIPATING = "participating", "What concerns me"
        CUSTOM = "custom", "Chosen kinds"
        IGNORE = "ignore", "Nothing"

    repository = models.ForeignKey(Repository, models.CASCADE, related_name="watches")
    user = models.ForeignKey(User, models.CASCADE, related_name="watches")
    level = models.CharField(max_length=13, choices=Level, default=Level.ALL)
    kinds = models.JSONField(default=list, blank=True, help_text="For CUSTOM: issue, pull, discussion …")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "repository"], name="collab_watch_once")]
        verbose_name_plural = "watches"

    def __str__(self) -> str:
        return f"{self.user_id} hears {self.level} of {self.repository_id}"


class Subscription(models.Model):
    """Somebody follows one topic or one thread, or has muted it."""

    user = models.ForeignKey(User, models.CASCADE, related_name="subscriptions")
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, related_name="subscriptions")
    thread = models.ForeignKey(Thread, models.CASCADE, null=True, blank=True, related_name="subscriptions")
    reason = models.CharField(max_length=16, help_text="author, commented, mentioned, assigned, review, subscribed")
    is_muted = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "topic"], name="collab_subscription_topic"),
            models.UniqueConstraint(fields=["user", "thread"], name="collab_subscription_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} follows {self.topic_id or self.thread_id}"


class Notification(models.Model):
    """One line of an inbox: a topic, a thread or a repository in which something new happened, and why it is told."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notifications", db_index=False)
    repository = models.ForeignKey(Repository, models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, blank=True, related_name="notifications")
    thread = models.ForeignKey(Thread, models.CASCADE, null=True, blank=True, related_name="notifications")
    comment = models.ForeignKey(Comment, models.SET_NULL, null=True, blank=True, related_name="+")  # The first unread.
    kind = models.CharField(max_length=10, help_text="issue, pull, discussion, talk, model, push")
    reason = models.CharField(max_length=16)
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=600, help_text="Path of the page, below the repository's own")
    actor = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    verb = models.CharField(max_length=40)
    count = models.PositiveIntegerField(default=1, help_text="News since it was read")
    is_unread = models.BooleanField(default=True)
    is_done = models.BooleanField(default=False)
    is_saved = models.BooleanField(default=False)
    mail_due_at = models.DateTimeField(null=True, blank=True, help_text="None: nothing waits to be mailed")
    mailed_at = models.DateTimeField(null=True, blank=True, help_text="What is older was in a mail")
    last_activity = models.BigIntegerField(default=0, help_text="The latest that was told: none is told twice")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "topic"], name="collab_notice_topic"),
            models.UniqueConstraint(fields=["user", "thread"], name="collab_notice_thread"),
        ]
        indexes = [
            models.Index(fields=["user", "is_done", "-updated_at"], name="collab_notice_inbox"),
            models.Index(
                fields=["user"], condition=models.Q(is_unread=True, is_done=False), name="collab_notice_unread"
            ),
            models.Index(
                fields=["mail_due_at"], condition=models.Q(mail_due_at__isnull=False), name="collab_notice_mail"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.title}"


class NotificationSettings(models.Model):
    """How somebody wants to be told beyond the inbox."""

    class Mail(models.TextChoices):
        EACH = "each", "A mail for each"
        DAILY = "daily", "A digest every day"
        WEEKLY = "weekly", "A digest every week"
        NEVER = "never", "No mail"

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="notification_settings")
    mail = models.CharField(max_length=6, choices=Mail, default=Mail.EACH)
    own_actions = models.BooleanField(default=False, help_text="Also what they did themselves")
    watch_new = models.BooleanField(default=True, help_text="Watch repositories that they make")
    digest_at = models.PositiveSmallIntegerField(default=7, help_text="Hour of the day, UTC")
    digest_sent_at = models.DateTimeField(null=True, blank=True)
    nonce = models.CharField(max_length=32, default=fresh_nonce, help_text="Changing it ends links in mails and feeds")

    class Meta:
        verbose_name_plural = "notification settings"

    def __str__(self) -> str:
        return f"{self.user_id}: {self.mail}"
