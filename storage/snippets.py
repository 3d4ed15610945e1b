"""Commands to paste for the bucket of a repository."""

from __future__ import annotations

from repos.models import Repository

Snippet = dict[str, str]


def bucket_snippets(hub: str, repository: Repository) -> list[Snippet]:
    """How to fill the bucket by S3; `hub` is the public address of the hub."""
    owner, name = repository.owner.slug, repository.name
    endpoint = f"{hub}/api/v1/repo-buckets/s3/{owner}"
    note = "Make a key pair in your settings, under S3 keys."
    return [
        {
            "label": "Python",
            "note": note,
            "text": (
                "import boto3\n\n"
                f's3 = boto3.client(\n    "s3",\n    endpoint_url="{endpoint}",\n'
                '    aws_access_key_id="KEY", aws_secret_access_key="SECRET",\n)\n'
                f's3.upload_file("photo.jpg", "{name}", "photos/photo.jpg")'
            ),
        },
        {
            "label": "AWS CLI",
            "note": note,
            "text": (
                "export AWS_ACCESS_KEY_ID=KEY AWS_SECRET_ACCESS_KEY=SECRET\n"
                f"aws --endpoint-url {endpoint} \\\n  s3 sync ./photos s3://{name}/photos"
            ),
        },
        {
            "label": "rclone",
            "note": note,
            "text": (
                f"rclone config create hub s3 provider=Other \\\n  endpoint={endpoint} \\\n"
                f"  access_key_id=KEY secret_access_key=SECRET\nrclone sync ./photos hub:{name}/photos"
            ),
        },
    ]
