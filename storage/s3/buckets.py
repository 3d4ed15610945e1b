"""What is asked of buckets themselves. They are made and deleted with their repositories."""

from __future__ import annotations

from django.http import HttpResponse

from accounts.levels import Level
from repos.models import Repository
from storage.s3 import wire
from storage.s3.call import Call, open_bucket
from storage.s3.errors import S3Error
from storage.s3.xml import element, field
from storage.spaces import DVC, keeps_versions

MOST = 10_000
REGION_HEADER = {"x-amz-bucket-region": "us-east-1"}


def list_buckets(call: Call) -> HttpResponse:
    """ListBuckets: the one of a repository, or the repositories of an owner that the caller may see."""
    if call.endpoint.repository:
        repository, _ = open_bucket(call.actor, call.endpoint, DVC, Level.READ)
        found = [(DVC, repository.created_at)]
    else:
        rows = Repository.objects.visible_to(call.actor).filter(owner__slug__lower=call.endpoint.owner.lower())
        found = list(rows.order_by("name").values_list("name", "created_at")[:MOST])
    buckets = [element("Bucket", field("Name", name), field("CreationDate", wire.moment(made))) for name, made in found]
    return wire.document("ListAllMyBucketsResult", owner_of(call), element("Buckets", *buckets))


def create_bucket(call: Call) -> HttpResponse:
    """CreateBucket: rclone asks for it before each upload; a repository that the caller may write to is theirs."""
    return wire.nothing(headers={"Location": f"/{call.bucket}"})


def head_bucket(call: Call) -> HttpResponse:
    """HeadBucket: the caller may read it."""
    return wire.nothing(headers=REGION_HEADER)


def delete_bucket(call: Call) -> HttpResponse:
    """DeleteBucket is refused."""
    raise S3Error("MethodNotAllowed", "A bucket is deleted with its repository, in the repository's settings.")


def location(call: Call) -> HttpResponse:
    """GetBucketLocation: the empty word that stands for us-east-1; every region signs as well."""
    return wire.document("LocationConstraint")


def versioning(call: Call) -> HttpResponse:
    """GetBucketVersioning: whether replaced and deleted objects are kept."""
    return wire.document(
        "VersioningConfiguration", *([field("Status", "Enabled")] if keeps_versions(call.space) else [])
    )


def not_implemented(call: Call) -> HttpResponse:
    """Parts of the protocol that have no counterpart here."""
    raise S3Error("NotImplemented", "This part of S3 is not offered here.")


def owner_of(call: Call) -> str:
    """The owner in listings: the name in the address."""
    return element("Owner", field("ID", call.endpoint.owner), field("DisplayName", call.endpoint.owner))
