"""What people type about boards and panels, as clean values."""

from __future__ import annotations

from typing import Any

from django import forms

from hub.lib.errors import Invalid
from tracking.charts.panels import BANDS, HEIGHTS, KINDS, MOST_COLUMNS, MOST_TEXT, WIDTHS, Panel, checked
from tracking.models.boards import MAX_BOARD_NAME

_METRIC = {"list": "panel-metrics", "autocomplete": "off", "class": "input--mono"}
_COLUMN = {**_METRIC, "list": "panel-columns"}
_GROUP = {**_METRIC, "list": "panel-groups"}
_FIELDS = {
    "line": ("y", "x", "group", "band", "smoothing", "smooth", "log_y", "log_x", "clip"),
    "scatter": ("y", "x", "log_y", "log_x"),
    "bar": ("y", "group", "log_y"),
    "box": ("y", "group", "log_y"),
    "parallel": ("y", "columns"),
    "importance": ("y",),
}


class PanelForm(forms.Form):
    """One panel of a board. Only the fields that its kind draws are asked for."""

    y = forms.CharField(label="Metric", max_length=MOST_TEXT, widget=forms.TextInput(attrs=_METRIC))
    x = forms.CharField(label="Over", max_length=MOST_TEXT + 8, widget=forms.TextInput(attrs=_COLUMN), required=False)
    group = forms.CharField(
        label="Group by", max_length=MOST_TEXT + 8, widget=forms.TextInput(attrs=_GROUP), required=False,
        help_text="A parameter or tag, such as params.optimizer.",
    )  # fmt: skip
    band = forms.ChoiceField(
        label="Band round the mean of a group", choices=[("", BANDS["minmax"]), *list(BANDS.items())[1:]],
        required=False,
    )  # fmt: skip
    columns = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 6, "class": "input--mono"}), required=False,
        help_text=f"One a line, at most {MOST_COLUMNS}: params.lr, metrics.accuracy. Empty: the parameters that matter"
        " most for the metric.",
    )  # fmt: skip
    smoothing = forms.ChoiceField(
        choices=[("", "As the page says"), ("ema", "Running average"), ("gauss", "Gaussian")], required=False
    )
    smooth = forms.FloatField(
        label="Strength of smoothing", min_value=0, max_value=0.99, required=False, help_text="0 to 0.99."
    )
    log_y = forms.BooleanField(label="Logarithmic y axis", required=False)
    log_x = forms.BooleanField(label="Logarithmic x axis", required=False)
    clip = forms.BooleanField(label="Cut outliers: show the middle 98 of 100 values", required=False)
    title = forms.CharField(max_length=MOST_TEXT, required=False, help_text="Empty: the name of the metric.")
    width = forms.TypedChoiceField(choices=[*WIDTHS.items()], coerce=int, required=False)
    height = forms.TypedChoiceField(choices=[*HEIGHTS.items()], coerce=int, required=False)

    def __init__(self, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "prefix": "p"})
        self.kind = kind if kind in KINDS else "line"
        for name in list(self.fields):
            if name not in (*_FIELDS[self.kind], "title", "width", "height"):
                del self.fields[name]
        if self.kind == "line":
            self.fields[
                "x"
            ].help_text = "step, relative, time, or another metric as metrics.<key>. Empty: as the page says."
        elif self.kind == "scatter":
            self.fields["x"].required = True
            self.fields["x"].help_text = "A parameter or metric, such as params.lr."

    def clean(self) -> dict[str, Any]:
        """The fields together; what cannot be drawn is an error beside its field."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.panel = checked(self._panel(cleaned))
            except Invalid as error:
                self.add_error(error.field if error.field in self.fields else None, error.message)
        return cleaned

    def _panel(self, cleaned: dict[str, Any]) -> Panel:
        given = {name: value for name, value in cleaned.items() if value not in (None, "")}
        given["columns"] = tuple(dict.fromkeys(filter(None, map(str.strip, cleaned.get("columns", "").splitlines()))))
        return Panel(kind=self.kind, **given)  # type: ignore[arg-type]  # One of KINDS.

    @staticmethod
    def initial_of(panel: Panel) -> dict[str, Any]:
        """The fields as they stand for a panel that is there."""
        names = ("y", "x", "group", "band", "smoothing", "smooth", "log_y", "log_x", "clip", "title", "width", "height")
        band = "" if panel.band == "minmax" else panel.band
        return {**{name: getattr(panel, name) for name in names}, "band": band, "columns": "\n".join(panel.columns)}


class BoardForm(forms.Form):
    """The name of a board."""

    name = forms.CharField(
        max_length=MAX_BOARD_NAME, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True})
    )
