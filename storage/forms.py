"""Browser input of the data pages."""

from __future__ import annotations

from typing import Any

from django import forms

from hub.lib.errors import Invalid
from repos.forms import FilesField
from storage.keys import checked_key, checked_prefix

MOST_FILES = 500


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
