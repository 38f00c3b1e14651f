"""Weights from a file: torchvision's, timm's, safetensors or a run of ferlite's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from ferlite.errors import FerliteError
from ferlite.files import written_whole
from ferlite.lab.models import SYSTEMS
from ferlite.lab.models.efficientnet_lite import EfficientNetLite
from ferlite.lab.models.gray import summed
from ferlite.lab.models.published import Published
from ferlite.lab.models.sface import FixedPReLU, SFace

HEAD: Final = "classify."
"""How the tensors of every system's last layers begin; they may stay as they are."""
_WIDEN: Final = "widen."
"""How those begin that EfficientNet-Lite has before, which it may have another number of."""
_OTHER_HEADS: Final = (HEAD, "classifier.", "fc.")
"""How torchvision's last layers begin, which a system need not have."""
_CHANGE_NOTHING: Final = (".excite.", "pool.")
"""In the names of tensors that change nothing at first, so that weights without any will do."""
_TIMM_STEMS: Final = frozenset({"conv_stem.weight", "_conv_stem.weight"})
"""What gives away tensors with timm's names; the second is an older library's."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name, on the CPU; nothing in the file is run.

    Args:
        path: .safetensors, or a state dict or checkpoint that PyTorch saved, ferlite's included.

    Raises:
        FerliteError: no such file, or no such tensors in it.
    """
    if not path.is_file():
        raise FerliteError(f"{path}: there is no such weights file")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            content: Any = load_file(path)
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # both libraries raise many kinds for files that are not theirs
        raise FerliteError(
            f"{path}: not a readable weights file; it may be cut short, damaged, or hold more than "
            "weights"
        ) from None
    if isinstance(content, dict) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    named = isinstance(content, Mapping) and all(isinstance(v, Tensor) for v in content.values())
    if not named or not content:
        raise FerliteError(f"{path}: holds no state dict, that is, tensors by name")
    # What a run of ferlite's keeps, and what PyTorch keeps of a model spread over several GPUs.
    for prefix in ("model.network.", "module."):
        if inside := {n.removeprefix(prefix): content[n] for n in content if n.startswith(prefix)}:
            return inside
    return dict(content)


def write_weights(state: Mapping[str, Tensor], out: Path) -> None:
    """Write tensors by name as .safetensors, whole or not at all; `read_weights` reads them."""
    from safetensors.torch import save_file

    with written_whole(out) as part:
        save_file(dict(state), part)


def start_from(network: nn.Module, state: Mapping[str, Tensor], where: str) -> None:
    """Load weights into a system, all but its last layers where those do not fit.

    Filters made for RGB are added up over the colours for a network with one gray channel.

    Args:
        network: one of `SYSTEMS`; changed in place.
        state: tensors by torchvision's, timm's or ferlite's own names.
        where: what the error calls the weights.

    Raises:
        FerliteError: tensors are missing, left over or of another shape; the network is unchanged.

    >>> from ferlite.lab.models.clcm import CLCM
    >>> from torchvision.models import mobilenet_v2
    >>> start_from(CLCM(gray="summed"), mobilenet_v2().state_dict(), "torchvision's")
    """
    fitting, problem = _matched(network, state)
    if problem:
        name = next((n for n, system in SYSTEMS.items() if system is type(network)), "this system")
        raise FerliteError(f"{where}: not weights of {name}: {problem}{_hint(state)}")
    network.load_state_dict(fitting, strict=False)


def _matched(network: nn.Module, state: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], str]:
    """The tensors to load, and what is wrong with them ("" if nothing is)."""
    own = network.state_dict()
    given = _of_its_blocks(network, _own_names(network, state))
    given |= _slopes_left_out(network, given)
    may_lack = (HEAD, _WIDEN)
    # Left out of files saved before PyTorch 0.4.1, and of no consequence.
    counted = [name for name in own if not name.endswith("num_batches_tracked")]
    needed = [name for name in counted if not name.startswith(may_lack)]
    added = [name for name in own if any(part in name for part in _CHANGE_NOTHING)]
    if not any(name in given for name in added):
        needed = [name for name in needed if name not in added]
    for name in needed:
        if name in given and given[name].shape[1:2] == (3,) and own[name].shape[1:2] == (1,):
            given[name] = summed(given[name])
    for part in may_lack:
        of_part = [name for name in counted if name.startswith(part)]
        if any(name not in given or given[name].shape != own[name].shape for name in of_part):
            given = {name: value for name, value in given.items() if not name.startswith(part)}
    missing = [name for name in needed if name not in given]
    reshaped = [n for n in needed if n in given and given[n].shape != own[n].shape]
    left_over = [n for n in given if n not in own and not n.startswith(_OTHER_HEADS)]
    problems = [
        f"{len(names)} of {total} tensors {what} ({names[0]}{', …' if len(names) > 1 else ''})"
        for names, total, what in (
            (missing, len(needed), "are missing"),
            (reshaped, len(needed), "have another shape"),
            (left_over, len(given), "are unknown to it"),
        )
        if names
    ]
    return {name: given[name] for name in own if name in given}, "; ".join(problems)


def _own_names(network: nn.Module, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Tensors with timm's names under the system's: both list the same in the same order.

    Of blocks that an EfficientNet-Lite here does without, and all behind, none are kept.
    """
    if _TIMM_STEMS.isdisjoint(state):
        return state
    own = list(network.state_dict())
    if isinstance(network, EfficientNetLite) and len(state) >= len(own):
        if len(state) > len(own):
            own = [name for name in own if not name.startswith((HEAD, _WIDEN))]
        return dict(zip(own, state.values(), strict=False))
    published = getattr(network, "imagenet", None)
    if not isinstance(published, Published) or not published.timm:
        return state
    import timm

    with torch.device("meta"):
        theirs, ours = timm.create_model(published.timm), published.build()
    names = dict(zip(theirs.state_dict(), ours.state_dict(), strict=True))
    return {names.get(name, name): value for name, value in state.items()}


def _slopes_left_out(network: nn.Module, given: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Slopes of 0 for the PReLUs of a network that are ReLUs in a file, and so have none there."""
    return {
        f"{name}.weight": torch.zeros_like(layer.weight)
        for name, layer in network.named_modules()
        if isinstance(layer, FixedPReLU) and f"{name}.weight" not in given
    }


def _of_its_blocks(network: nn.Module, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors without those of blocks that an SFace does without."""
    if not isinstance(network, SFace):
        return dict(state)
    blocks = tuple(f"features.{number}." for number in range(len(network.features)))
    return {
        name: value
        for name, value in state.items()
        if name.startswith(blocks) or not name.startswith("features.")
    }


def _hint(state: Mapping[str, Tensor]) -> str:
    """Which system the weights would fit."""
    for name, system in SYSTEMS.items():
        with torch.device("meta"):
            network = system()
        if not _matched(network, state)[1]:
            return f" (did you mean {name!r}?)"
    return ""
