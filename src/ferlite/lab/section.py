"""What every part of a recipe is: keys with types, ranges and defaults, checked by pydantic."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """Some keys of a recipe. Unknown keys are refused, and text is never taken for a number.

    >>> class Optimizer(Section):
    ...     lr: float = 1e-3
    >>> Optimizer(lr=0.1)
    Optimizer(lr=0.1)
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, protected_namespaces=()
    )

    @model_validator(mode="before")
    @classmethod
    def _as_yaml_has_it(cls, tree: Any) -> Any:
        """YAML knows lists and no tuples, and a key with nothing behind it is an empty section."""
        if isinstance(tree, dict):
            return {k: tuple(v) if isinstance(v, list) else v for k, v in tree.items()}
        return {} if tree is None else tree
