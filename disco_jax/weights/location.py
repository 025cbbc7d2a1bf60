"""Where weights are: a local path, an address, or a repository of the Hugging Face hub.

    nets/a.safetensors    https://host/a.pth (`download`)    hf://org/name@revision

From the hub come the configurations and the weights as safetensors, or else as a .bin. With
`offline`, or `HF_HUB_OFFLINE=1`, nothing is asked of the network: what was fetched once is taken.
"""

from pathlib import Path

from disco_jax.errors import InputError
from disco_jax.progress import Progress

from .download import fetched

SCHEME = "hf://"
ADDRESSES = ("https://", "http://127.0.0.1:")  # the latter for tests and mirrors
CONFIGURATIONS = ["config.json", "preprocessor_config.json"]
WEIGHTS = ["*.safetensors", "*.safetensors.index.json"], ["pytorch_model.bin"]


def local(source: str | Path, *, offline: bool = False, progress: Progress | None = None) -> Path:
    """A local file or folder.

    Raises:
        ValueError: One line that names the source, what is wrong with it and what to do.
    """
    name = str(source)
    if name.startswith(ADDRESSES):
        return fetched(name, offline=offline, progress=progress)
    if not name.startswith(SCHEME):
        path = Path(source)
        if not path.exists():
            raise InputError(name, "weights", "there is no such file", "correct the path")
        return path
    try:
        from huggingface_hub import errors, snapshot_download
    except ImportError as why:
        problem = "huggingface_hub is not installed"
        raise InputError(name, "weights", problem, "pip install 'disco-jax[hub]'") from why
    repository, _, revision = name.removeprefix(SCHEME).partition("@")
    try:
        for weights in WEIGHTS:
            folder = Path(
                snapshot_download(
                    repository,
                    revision=revision or None,
                    allow_patterns=[*CONFIGURATIONS, *weights],
                    local_files_only=offline,
                )
            )
            if any(path.suffix in (".safetensors", ".bin") for path in folder.iterdir()):
                return folder
    except errors.LocalEntryNotFoundError as why:
        problem = "not in the cache, and the hub is not asked or does not answer"
        raise InputError(name, "weights", problem, "fetch it once with a network") from why
    except (errors.HfHubHTTPError, errors.HFValidationError) as why:
        problem = str(why).strip().splitlines()[0]
        raise InputError(name, "weights", problem, "use hf://org/name@revision") from why
    raise InputError(name, "weights", "neither safetensors nor .bin there", "choose another")
