"""The ImageNet weights that torchvision publishes for a backbone."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn
from torchvision.models import WeightsEnum

from ferlite.errors import FerliteError


@dataclass(frozen=True)
class Published:
    """Where a backbone's ImageNet weights come from.

    Attributes:
        build: makes torchvision's whole network, whose tensor names are the reference.
        weights: which of its published weights.
        timm: what timm calls the same network, if it has it.
    """

    build: Callable[..., nn.Module]
    weights: WeightsEnum
    timm: str | None

    def fetch(self) -> dict[str, Tensor]:
        """The published state dict, from torch's cache or else from the network.

        Raises:
            FerliteError: it cannot be fetched; says which file to get by hand.
        """
        url: str = self.weights.url
        try:
            state: dict[str, Tensor] = self.weights.get_state_dict(
                progress=False, check_hash=True, weights_only=True
            )
        except (OSError, RuntimeError) as error:  # no network, or half a file
            reason = " ".join(str(error).split())[:120]
            raise FerliteError(
                f"the ImageNet weights cannot be fetched ({reason}); get {url} by hand and add "
                f"--weights {url.rpartition('/')[2]}"
            ) from None
        return state
