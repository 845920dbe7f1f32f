"""Taking the language out of vectors after training: mean removal, LIR, SHIFT.

A correction is learned from a sample of texts by language, without any relevance judgement, and
written as a map of vectors (`languages.safetensors`) and inside a sentence-transformers checkpoint
of stock modules. docs/debias.md tells when it helps.
"""

from lingweave.debias.config import DebiasConfig
from lingweave.debias.fitted import Debias
from lingweave.debias.maps import LanguageMaps, lir_maps, mean_maps, shift_maps

__all__ = ["Debias", "DebiasConfig", "LanguageMaps", "lir_maps", "mean_maps", "shift_maps"]
