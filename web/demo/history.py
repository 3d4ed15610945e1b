"""The history of the demonstration's repository: what was committed, by whom, and how long ago."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from repos.git.commits import Person
from repos.git.imports import Written
from web.demo.birds import SPECIES, as_csv, birds
from web.demo.data import pointers
from web.demo.drawing import scatter
from web.demo.notebook import notebook

_FILES = Path(__file__).parent / "files"
IDA = Person("Ida Moss", "ida@penguins.example")
TOR = Person("Tor Lindqvist", "tor@penguins.example")
HOUR = 3600
NEWEST = 30  # hours ago

TRAIN, MODEL, DATA, README = "train.py", "penguins/model.py", "penguins/data.py", "README.md"
MEASURES = "data/penguins.csv"
Edit = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Step:
    """One commit: whole files put in place, then stretches of files replaced (path, old, new)."""

    message: str
    author: Person
    puts: dict[str, str] = field(default_factory=dict)
    edits: tuple[Edit, ...] = ()
    makes: Callable[[], dict[str, bytes]] = dict
    branch: str = "main"
    merged: str = ""
    tag: str = ""
    tag_message: str = ""


def history(now: int) -> list[Written]:
    """The commits in order, the last one NEWEST hours before `now` (seconds since 1970)."""
    heads: dict[str, dict[str, bytes]] = {"main": {}}
    written = []
    for number, step in enumerate(STEPS):
        before = heads.setdefault(step.branch, dict(heads["main"]))
        after = {**before, **heads.get(step.merged, {}), **_changed(before, step)}
        heads[step.branch] = after
        files = {path: content for path, content in after.items() if before.get(path) != content}
        at = now - (NEWEST + (len(STEPS) - 1 - number) * 37) * HOUR + number * 61
        start = "" if step.branch == "main" else "main"
        written.append(
            Written(
                step.branch, step.author, at, step.message, dict(files), start, step.merged, step.tag, step.tag_message
            )
        )
    return written


def _changed(before: dict[str, bytes], step: Step) -> dict[str, bytes]:
    files = {path: (_FILES / name).read_bytes() for path, name in step.puts.items()} | step.makes()
    for path, old, new in step.edits:
        content = files.get(path, before.get(path, b"")).decode()
        assert content.count(old) == 1, (step.message, path, old)
        files[path] = content.replace(old, new).encode()
    return files


def _season(count: int) -> Callable[[], dict[str, bytes]]:
    return lambda: {MEASURES: as_csv(birds(count)).encode()}


def picture(seasons: int) -> bytes:
    """Bill lengths and depths, one colour a species."""
    rows = birds(seasons)
    return scatter([[(bird.bill_length, bird.bill_depth) for bird in rows if bird.species == name] for name in SPECIES])


def _notebook(seasons: int) -> dict[str, bytes]:
    return {"notebooks/explore.ipynb": notebook(birds(seasons), picture(seasons))}


_LOG_IMPORT = (TRAIN, "import argparse\n\nimport numpy", "import argparse\n\nimport mlflow\nimport numpy")
_LOG = (
    TRAIN,
    """    for epoch in range(chosen.epochs):
        rate = chosen.learning_rate
        network.train_epoch(train, rate, chosen.batch_size, rng)
        print(f"epoch {epoch}: loss {network.loss(train):.4f}, accuracy {network.accuracy(validation):.3f}")
""",
    """    mlflow.set_experiment(chosen.experiment)
    with mlflow.start_run():
        mlflow.log_params({name: value for name, value in vars(chosen).items() if name != "experiment"})
        for epoch in range(chosen.epochs):
            rate = chosen.learning_rate
            network.train_epoch(train, rate, chosen.batch_size, rng)
            measured = {
                "train_loss": network.loss(train),
                "val_loss": network.loss(validation),
                "val_accuracy": network.accuracy(validation),
                "learning_rate": rate,
            }
            print(f"epoch {epoch}: loss {measured['train_loss']:.4f}, accuracy {measured['val_accuracy']:.3f}")
            mlflow.log_metrics(measured, step=epoch)
""",
)
_RUN = """
## Train

```bash
pip install -r requirements.txt
export MLFLOW_TRACKING_URI=<this hub>/demo/penguins.mlflow
python train.py --learning-rate 0.1
```

Every run logs its losses and its accuracy after each epoch.
"""
_RESULTS = """
## First results

| Model | Birds | Validation accuracy |
|---|---|--:|
| linear | two seasons | 0.90 |
| 16 hidden units | three seasons | 0.92 |

> [!NOTE]
> A learning rate of 10 makes the loss of the linear model jump; one of the runs shows it.
"""
_LEAK_TEST = """

def test_scaling_knows_nothing_of_the_validation_part():
    train, _ = parts()
    assert np.allclose(train.inputs.mean(axis=0), 0)
"""
_SCALE_INSIDE = (
    DATA,
    "    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)\n",
    "",
)
_SCALE_AFTER = (
    DATA,
    "    return Samples(samples.inputs[~chosen], samples.labels[~chosen]), "
    "Samples(samples.inputs[chosen], samples.labels[chosen])\n",
    """    mean, spread = samples.inputs[~chosen].mean(axis=0), samples.inputs[~chosen].std(axis=0)
    scaled = (samples.inputs - mean) / spread
    return Samples(scaled[~chosen], samples.labels[~chosen]), Samples(scaled[chosen], samples.labels[chosen])
""",
)
_MATRIX = (
    TRAIN,
    'try a smaller learning rate.")\n',
    """try a smaller learning rate.")
        guesses = network.probabilities(validation.inputs).argmax(axis=1)
        matrix = np.zeros((len(data.SPECIES), len(data.SPECIES)), dtype=int)
        np.add.at(matrix, (validation.labels, guesses), 1)
        mlflow.log_dict({"species": data.SPECIES, "counts": matrix.tolist()}, "confusion.json")
        shades = np.kron(255 - 255 * matrix // matrix.sum(axis=1, keepdims=True), np.ones((84, 84)))
        mlflow.log_image(shades.astype(np.uint8), "confusion.png")
""",
)
_GIVE_UP = (
    TRAIN,
    "            mlflow.log_metrics(measured, step=epoch)\n",
    """            mlflow.log_metrics(measured, step=epoch)
            if not math.isfinite(measured["train_loss"]):
                raise FloatingPointError(f"The loss is no number after epoch {epoch}; try a smaller learning rate.")
""",
)
_DROPOUT = (
    MODEL,
    "        hidden = self._hidden(inputs)\n        slope",
    """        # A unit is dropped from one step in ten; what is left is made larger by as much.
        kept = (self.rng.random(self.first_bias.shape) > 0.1) / 0.9
        hidden = self._hidden(inputs) * kept
        slope""",
)

STEPS: tuple[Step, ...] = (
    Step("Say what this is", IDA, {README: "README.md", "LICENSE": "LICENSE"}),
    Step("Ignore environments and local runs", IDA, {".gitignore": "gitignore.txt"}),
    Step("Add the measurements of the first season", IDA, makes=_season(1)),
    Step("Keep sketches of the bills with DVC", IDA, makes=lambda: pointers(1)),
    Step("Describe the columns", IDA, {"data/README.md": "data-README.md"}),
    Step("Read and split the measurements", TOR, {DATA: "data.py.txt"}, makes=lambda: {"penguins/__init__.py": b""}),
    Step("Test that the split keeps every species", TOR, {"tests/test_data.py": "test_data.py.txt"}),
    Step("Train a linear classifier", TOR, {MODEL: "model-linear.py.txt", TRAIN: "train.py.txt"},
         makes=lambda: {"requirements.txt": b"numpy\n"}),
    Step("Log every epoch to the hub\n\nThe experiment can be named, so that trials do not mix with results.", TOR,
         edits=(
             _LOG_IMPORT,
             _LOG,
             (TRAIN, '    parser.add_argument("--epochs"',
              '    parser.add_argument("--experiment", default="linear")\n    parser.add_argument("--epochs"'),
             ("requirements.txt", "numpy\n", "mlflow\nnumpy\n"),
         )),
    Step("Tell how to train", IDA, edits=((README, "- `train.py`: trains the model once\n",
         "- `train.py`: trains the model once\n" + _RUN),),
         tag="v0.1.0", tag_message="The linear classifier"),
    Step("Add the measurements of the second season", IDA, makes=lambda: {**_season(2)(), **pointers(2)}),
    Step("Show that scaling looks at the validation part\n\nThe test fails for now.", TOR, branch="fix/scaling",
         edits=(("tests/test_data.py", 'data.read("data/penguins.csv").labels)\n',
                 'data.read("data/penguins.csv").labels)\n' + _LEAK_TEST),)),
    Step("Scale by the training part alone", TOR, branch="fix/scaling", edits=(_SCALE_INSIDE, _SCALE_AFTER,
         (DATA, "The birds of a CSV file, their measures scaled to mean 0 and spread 1.", "The birds of a CSV file."),
         (DATA, "with `share` of every species in the second one.",
          "`share` of every species in the second, scaled to mean 0 and spread 1."))),
    Step("Merge branch 'fix/scaling'", IDA, merged="fix/scaling"),
    Step("Look at the measurements in a notebook", IDA, makes=lambda: _notebook(2)),
    Step("Put the picture of the bills on the front page", IDA, makes=lambda: {"docs/bills.png": picture(2)},
         edits=((README, "## Where things are\n",
                 "![Bill length and depth in mm, one colour a species](docs/bills.png)\n\n## Where things are\n"),)),
    Step("Give the model a hidden layer", TOR, {MODEL: "model-hidden.py.txt"}, edits=(
         (TRAIN, "train.inputs.shape[1], len(data.SPECIES)", "train.inputs.shape[1], chosen.hidden, len(data.SPECIES)"),
         (TRAIN, 'default="linear")', 'default="hidden layer")'),
         (TRAIN, '    parser.add_argument("--seed"',
          '    parser.add_argument("--hidden", type=int, default=16)\n    parser.add_argument("--seed"'))),
    Step("Let the learning rate fall along a cosine", TOR, edits=(
         (TRAIN, "            rate = chosen.learning_rate\n",
          "            rate = chosen.learning_rate * (1 + math.cos(math.pi * epoch / chosen.epochs)) / 2\n"),
         (TRAIN, "import argparse\n\nimport mlflow", "import argparse\nimport math\n\nimport mlflow"))),
    Step("Add the measurements of the third season", IDA,
         makes=lambda: {
             MEASURES: as_csv(birds(3)).encode(), "docs/bills.png": picture(3), **_notebook(3), **pointers(3)}),
    Step("Give up when the loss is no number", TOR, edits=(_GIVE_UP,)),
    Step("Keep the confusion matrix of every run", TOR, edits=(_MATRIX,)),
    Step("Write down the first results", IDA,
         edits=((README, "after each epoch.\n", "after each epoch.\n" + _RESULTS),),
         tag="v0.2.0", tag_message="A hidden layer, and all three seasons"),
    Step("Correct the unit of the body mass", IDA, edits=(("data/README.md", "| kg |", "| g |"),)),
    Step("Add targets for everyday commands", TOR, {"Makefile": "Makefile.txt"}),
    Step("Say which versions are known to work", TOR,
         edits=(("requirements.txt", "mlflow\nnumpy\n", "mlflow>=3\nnumpy>=2\n"),)),
    Step("Sweep widths, rates and seeds", TOR, {"sweep.py": "sweep.py.txt"},
         edits=(
             (README, "- `train.py`: trains the model once\n",
              "- `train.py`: trains the model once; `sweep.py` with many settings\n"),
             (TRAIN, "with mlflow.start_run():", "with mlflow.start_run(parent_run_id=chosen.parent):"),
             (TRAIN, 'if name != "experiment"}', 'if name not in ("experiment", "parent")}'),
             (TRAIN, '    parser.add_argument("--seed"',
              '    parser.add_argument("--parent", help="id of the run that this one belongs to")\n'
              '    parser.add_argument("--seed"'),
         )),
    Step("Try dropout on the hidden layer", IDA, branch="dropout", edits=(_DROPOUT,
         (MODEL, "        self.first = rng", "        self.rng = rng\n        self.first = rng"),
         (MODEL, "* (hidden > 0)\n", "* (hidden > 0) * kept\n"))),
    Step("Keep weights small\n\nWeight decay takes a little of every weight at each step.", TOR, edits=(
         (MODEL, "        self.second -= rate * hidden.T @ slope\n",
          "        self.second -= rate * (hidden.T @ slope + self.weight_decay * self.second)\n"),
         (MODEL, "        self.first -= rate * inputs.T @ hidden_slope\n",
          "        self.first -= rate * (inputs.T @ hidden_slope + self.weight_decay * self.first)\n"),
         (MODEL, "    def __init__(self, inputs: int, hidden: int, outputs: int, rng: np.random.Generator) -> None:\n",
          "    def __init__(\n        self, inputs: int, hidden: int, outputs: int, rng: np.random.Generator, "
          "weight_decay: float = 0.0\n    ) -> None:\n        self.weight_decay = weight_decay\n"),
         (TRAIN, "len(data.SPECIES), rng)", "len(data.SPECIES), rng, chosen.weight_decay)"),
         (TRAIN, '    parser.add_argument("--seed"',
          '    parser.add_argument("--weight-decay", type=float, default=0.0)\n    parser.add_argument("--seed"'))),
    Step("Report which model to use", IDA, {"reports/which-model.md": "which-model.md"}),
)  # fmt: skip
