"""The `mlflow` command without its slow start: a line of JSON words in, a line with code and output back."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
import warnings

warnings.simplefilter("ignore")

from mlflow.cli import cli  # noqa: E402

answers = os.fdopen(os.dup(1), "w")
for line in sys.stdin:
    with tempfile.TemporaryFile() as printed:
        os.dup2(printed.fileno(), 1)
        code: object = 0
        try:
            cli.main(args=json.loads(line), prog_name="mlflow")
        except SystemExit as end:
            code = end.code or 0
        except Exception:
            code = traceback.format_exc()
        sys.stdout.flush()
        printed.seek(0)
        answers.write(json.dumps({"code": code, "out": printed.read().decode()}) + "\n")
        answers.flush()
