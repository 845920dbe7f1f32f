"""Published files of data sets on the Hugging Face hub, as they are: no code of theirs is run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lingweave.errors import LingweaveError
from lingweave.sources.hushed import hushed
from lingweave.sources.rows import cache_folder


def hub_files(repositories: Mapping[str, Sequence[str]], name: str) -> Path:
    """A folder with the files of data sets on the hub; fetched once, then in the cache folder.

    Args:
        repositories: their names to patterns of the files that are wanted.
        name: of the benchmark: the name of the folder.

    Raises:
        LingweaveError: they cannot be fetched; says what was looked for.
    """
    # Imported here: the hub's client takes a while, and local copies do without it.
    from huggingface_hub import snapshot_download

    folder = cache_folder() / "hub" / name
    for repository, patterns in repositories.items():
        try:
            with hushed():
                snapshot_download(
                    repository, repo_type="dataset", allow_patterns=list(patterns), local_dir=folder
                )
        except Exception as error:  # Gates, proxies, time-outs: the client has many ways to fail.
            reason = " ".join(str(error).split())[:120]
            raise LingweaveError(
                f"looked for {', '.join(patterns)} of the data set {repository} on the hub, which"
                f" cannot be had ({reason}): connect to the network, or give --data a local copy"
            ) from error
    return folder
