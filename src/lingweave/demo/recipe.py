"""The runs of a demo: where they lie, and the settings that all arms share.

The settings were chosen on the validation split of other atlas seeds with other training seeds
(docs/atlas.md says how) and are not changed by what the test split shows.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lingweave.demo.config import DemoConfig
from lingweave.evaluate import EvaluateConfig
from lingweave.sources.atlas import SEED, atlas_path
from lingweave.training.config import TrainConfig


@dataclass(frozen=True)
class Settings:
    """What the arms of a demo share."""

    steps: int = 2200
    """Steps of each arm."""
    warm_steps: int = 300
    """Steps of the warm start on parallel names."""
    batch_size: int = 128
    """Rows a step of an arm."""
    warm_batch_size: int = 256
    """Rows a step of the warm start."""
    warm_temperature: float = 0.05
    """The warm start's temperature."""
    learning_rate: float = 2e-2
    """AdamW's peak rate."""
    temperature: float = 0.07
    """Divides the cosine before the softmax."""
    dimension: int = 128
    """Width of the vectors."""
    vocabulary: int = 16_000
    """Tokens of the static encoder's vocabulary."""


FULL, QUICK = Settings(), Settings(steps=400, warm_steps=150, vocabulary=8_000)


@dataclass(frozen=True)
class Runs:
    """The runs of one demo."""

    out: str
    """The demo's folder."""
    languages: tuple[str, ...]
    """Languages of the atlas."""
    quick: bool
    """Whether the settings are the quick ones."""

    @classmethod
    def of(cls, config: DemoConfig) -> "Runs":
        """The runs that a demo's options ask for."""
        return cls(config.out, config.codes, config.quick)

    @property
    def settings(self) -> Settings:
        """What the arms share."""
        return QUICK if self.quick else FULL

    @property
    def folder(self) -> Path:
        """Where models and evaluations go: another folder whenever the runs would differ."""
        atlas = str(atlas_path("train", self.languages).parent.name)
        made_of = json.dumps([asdict(self.settings), list(self.languages), atlas])
        return Path(self.out) / "runs" / hashlib.sha256(made_of.encode()).hexdigest()[:8]

    def training(self, name: str, recipe: str, seed: int) -> TrainConfig:
        """The run ``name``: the warm start, or an arm that goes on from it."""
        warm, settings = name == "warm", self.settings
        return TrainConfig(
            table=[str(atlas_path("names" if warm else "train", self.languages))],
            out=str(self.folder / name),
            recipe=recipe,
            arm=recipe,
            encoder="static" if warm else str(self.folder / "warm" / "model"),
            vocabulary_from=[str(atlas_path("train", self.languages))] if warm else None,
            vocabulary=settings.vocabulary,
            dimension=settings.dimension,
            steps=settings.warm_steps if warm else settings.steps,
            batch_size=settings.warm_batch_size if warm else settings.batch_size,
            optimizer="adamw",
            learning_rate=settings.learning_rate,
            warmup=0.1,
            temperature=settings.warm_temperature if warm else settings.temperature,
            seed=seed,
            device="cpu",
            threads=1,
            checkpoint_every=500,
        )

    def evaluation(
        self, name: str, model: str | None = None, encoder: str | None = None
    ) -> EvaluateConfig:
        """The evaluation ``name`` on the atlas's test split."""
        return EvaluateConfig(
            benchmark="atlas",
            model=model,
            encoder=encoder,  # type: ignore[arg-type]
            languages=list(self.languages),
            seed=SEED,
            out=self.folder / f"{name}-test",
            progress=False,
        )
