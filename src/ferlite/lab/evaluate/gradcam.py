"""Grad-CAM: which regions drove a network's answer, read from its own last feature map."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ferlite.lab.models.face_model import FaceModel


def grad_cam(
    model: FaceModel, faces_NCHW: Tensor, classes_N: Tensor, *, votes: bool = False
) -> Tensor:
    """Heat maps of what spoke for a class in each face.

    Grad-CAM (Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via
    Gradient-based Localization"): the channels of the last convolutional feature map, each
    weighted by the mean gradient that the class's logit has on it, are added up; what is negative
    is cut off; the map, as coarse as the network's last layer, is enlarged bilinearly. The last
    feature map is whatever last left a layer with a height and width of more than one pixel.

    Args:
        model: the network, in evaluation mode; its weights and gradients stay as they are.
        faces_NCHW: uint8, (N, C, H, W).
        classes_N: int64, (N,): the class to explain of each face, an index of the model's output.
        votes: explain the votes' answer instead of the labels', of a network that learned both.

    Returns:
        float32, (N, H, W), at least 0, in units of the logit's gradient; all 0 where nothing
        speaks for the class.

    Raises:
        ValueError: the network has no feature map, has not learned votes, or is in training mode.

    >>> from ferlite.lab.models.residual_cnn import ResidualCNN
    >>> faces = torch.zeros(2, 1, 48, 48, dtype=torch.uint8)
    >>> grad_cam(FaceModel(ResidualCNN()).eval(), faces, torch.tensor([3, 4])).shape
    torch.Size([2, 48, 48])
    """
    if model.training:
        raise ValueError("the model is in training mode; call its eval() first")
    if votes and not model.voted:
        raise ValueError("the network has not learned votes")
    last_NDhw: Tensor | None = None

    def keep(module: nn.Module, inputs: object, output: object) -> None:
        nonlocal last_NDhw
        if isinstance(output, Tensor) and output.ndim == 4 and min(output.shape[2:]) > 1:
            last_NDhw = output

    hooks = [module.register_forward_hook(keep) for module in model.network.modules()]
    try:
        with torch.enable_grad():
            # The pixels ask for gradients, so that frozen layers pass them on too.
            pixels_NCHW = (faces_NCHW.float() / 255).requires_grad_()
            logits_NK = model.all_logits(pixels_NCHW)[int(votes)]
    finally:
        for hook in hooks:
            hook.remove()
    if last_NDhw is None:
        raise ValueError("the network has no feature map with a height and width")
    chosen = logits_NK.gather(1, classes_N[:, None]).sum()
    (gradient_NDhw,) = torch.autograd.grad(chosen, last_NDhw)
    weight_ND11 = gradient_NDhw.mean((2, 3), keepdim=True)
    heat_N1hw = functional.relu((weight_ND11 * last_NDhw).sum(1, keepdim=True)).detach()
    heat_N1HW = functional.interpolate(
        heat_N1hw, faces_NCHW.shape[2:], mode="bilinear", align_corners=False
    )
    return heat_N1HW[:, 0]
