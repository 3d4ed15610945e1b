"""Browser input of the data pages."""

from __future__ import annotations

from typing import Any

from django import forms

from hub.lib.errors import Invalid
from repos.forms import FilesField
from storage.connected import AZURE, KINDS, Place
from storage.keys import checked_key, checked_prefix

MOST_FILES = 500
_BLANK = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class UploadForm(forms.Form):
    """Where files go, and the files."""

    folder = forms.CharField(
        required=False, max_length=900, label="Folder", help_text="Folders are made as needed. Empty: the top."
    )
    uploads = FilesField(label="Files", help_text="A file of the same name stays as a version of the new one.")

    def clean_folder(self) -> str:
        """The folder as a prefix: "" or ending in one slash."""
        try:
            return checked_prefix(self.cleaned_data["folder"].strip().strip("/"))
        except Invalid as error:
            raise forms.ValidationError(error.message) from None

    def clean(self) -> dict[str, Any]:
        """Every name makes a key."""
        cleaned: dict[str, Any] = super().clean() or {}
        files = cleaned.get("uploads", ())
        if len(files) > MOST_FILES:
            self.add_error("uploads", f"At most {MOST_FILES} files at once; for more there are rclone and boto3.")
        for file in files[:MOST_FILES]:
            try:
                checked_key(f"{cleaned.get('folder', '')}{file.name}")
            except Invalid as error:
                self.add_error("uploads", f"{file.name}: {error.message}")
        return cleaned


class ConnectionForm(forms.Form):
    """Where an outside bucket is, and the keys to read it; keys that are kept are never shown again."""

    name = forms.CharField(max_length=40, label="Name", help_text="What it is called here, such as “camera-archive”.")
    kind = forms.ChoiceField(choices=list(KINDS.items()), label="Kind")
    bucket = forms.CharField(max_length=222, label="Bucket", help_text="For Azure the container.")
    folder = forms.CharField(
        required=False, max_length=1000, label="Folder", help_text="Only what lies below it is shown. Empty: all."
    )
    account = forms.CharField(
        required=False, max_length=24, label="Storage account", help_text="Azure only: the account of the container."
    )
    region = forms.CharField(
        required=False, max_length=40, label="Region", help_text="S3 only, such as eu-north-1. Empty: us-east-1."
    )
    endpoint = forms.CharField(
        required=False, max_length=500, label="Endpoint",
        help_text="The URL of a service that is not Amazon’s, Google’s or Microsoft’s own, such as MinIO or R2.",
    )  # fmt: skip
    anonymous = forms.BooleanField(
        required=False, label="Public bucket", help_text="It is read without keys; those kept so far are forgotten."
    )
    key_id = forms.CharField(
        required=False, max_length=200, label="Access key ID", widget=forms.TextInput(attrs=_BLANK),
        help_text="S3: the ID of a key that may only read. GCS: of an HMAC key. Azure: leave it empty.",
    )  # fmt: skip
    secret = forms.CharField(
        required=False, max_length=2000, label="Secret",
        widget=forms.PasswordInput(attrs={**_BLANK, "autocomplete": "new-password"}),
        help_text="The key’s secret; for Azure a SAS token or the account’s key. Kept encrypted and never shown again.",
    )  # fmt: skip

    def clean_folder(self) -> str:
        """The folder as a prefix: "" or ending in one slash."""
        try:
            return checked_prefix(self.cleaned_data["folder"].strip().strip("/"))
        except Invalid as error:
            raise forms.ValidationError(error.message) from None

    def place(self) -> Place:
        """Where the clean values lead."""
        values = self.cleaned_data
        is_azure, keyed = values["kind"] == AZURE, not values["anonymous"]
        return Place(
            kind=values["kind"],
            bucket=values["bucket"],
            prefix=values["folder"],
            region="" if is_azure else values["region"],
            endpoint=values["endpoint"].rstrip("/"),
            account=values["account"] if is_azure else "",
            key_id=values["key_id"] if keyed and not is_azure else "",
            secret=values["secret"].lstrip("?") if keyed else "",
        )
