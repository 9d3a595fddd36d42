"""What a network does, written down as steps while it runs on a stand-in for its input."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_fidelity.inference.convolution import Convolution
from napari_fidelity.inference.steps import Convolve, Enlarge, Input, Join, Pointwise, Pool, Step

# Any, in this file: whatever a network's code hands to a function of PyTorch.
_POINTWISE = frozenset(
    (
        *("add", "sub", "rsub", "mul", "div", "neg", "abs", "exp", "log", "sqrt", "square"),
        *("sigmoid", "tanh", "softplus", "elu", "silu"),
        *("clamp", "clamp_min", "clamp_max", "maximum", "minimum", "lerp"),
    )
)
_OPERATORS = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "truediv": operator.truediv,
}


class Untraceable(Exception):
    """The network does something for which there is no step; it is then run as it is."""


class Tape:
    """The steps written so far; a value is the number of the step that makes it.

    Parameters
    ----------
    dims : int
        Spatial axes of the network's input.
    """

    def __init__(self, dims: int) -> None:
        self.dims = dims
        self.steps: list[Step] = [Input()]

    def append(self, step: Step) -> Stand:
        """The stand-in for what `step` makes."""
        self.steps.append(step)
        return Stand(self, len(self.steps) - 1)

    def record(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """The stand-in for `function(*args, **kwargs)`."""
        name = function.__name__.strip("_")
        if name == "to" and isinstance(args[0], Tensor):  # a constant follows the input's type
            return args[0]
        if name in _RECORDERS:
            return _RECORDERS[name](self, *args, **kwargs)
        if name in _POINTWISE:
            return self.record_pointwise(function, args, kwargs)
        raise Untraceable(name)

    def record_pointwise(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Stand:
        """A function of pixels; its constants have no spatial extent."""
        kwargs = {key: value for key, value in kwargs.items() if key != "inplace"}
        given = [*args, *kwargs.values()]
        if any(isinstance(a, Tensor) and max(a.shape[2:], default=1) > 1 for a in given):
            raise Untraceable(f"{function.__name__} with a constant image")
        places = [i for i, value in enumerate(args) if isinstance(value, Stand)]
        if not places or any(isinstance(value, Stand) for value in kwargs.values()):
            raise Untraceable(function.__name__)

        def run(*tensors: Tensor) -> Any:
            filled = list(args)
            for place, tensor in zip(places, tensors, strict=True):
                filled[place] = tensor
            filled = [
                value.to(tensors[0].device) if isinstance(value, Tensor) else value
                for value in filled
            ]
            return function(*filled, **kwargs)

        return self.append(Pointwise(tuple(args[i].number for i in places), run))


class Stand:
    """Stands in for a tensor (N, channels, *spatial): what is done with it goes on the tape."""

    def __init__(self, tape: Tape, number: int) -> None:
        self.tape, self.number = tape, number

    @classmethod
    def __torch_function__(
        cls, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # PyTorch calls this for every function that is given a stand-in
        kwargs = kwargs or {}
        found = _find_stand([*args, *kwargs.values()])
        return found.tape.record(func, args, kwargs)

    def dim(self) -> int:
        """Axes, as of a tensor: layers check them."""
        return self.tape.dims + 2

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not callable(getattr(Tensor, name, None)):
            raise Untraceable(name)
        method = getattr(Tensor, name)
        return lambda *args, **kwargs: self.tape.record(method, (self, *args), kwargs)

    def __getitem__(self, key: Any) -> Stand:
        whole = slice(None)
        keys = key if isinstance(key, tuple) else (key,)
        channels = keys[1] if len(keys) > 1 else whole
        if not isinstance(channels, slice) or any(k != whole for k in (keys[0], *keys[2:])):
            raise Untraceable("indexing of pixels")
        return self.tape.append(Pointwise((self.number,), lambda x: x[:, channels]))

    def __neg__(self) -> Any:
        return self.tape.record_pointwise(operator.neg, (self,), {})


def _add_operators() -> None:
    for name, function in _OPERATORS.items():

        def forward(self: Stand, other: Any, function: Any = function) -> Any:
            return self.tape.record_pointwise(function, (self, other), {})

        def backward(self: Stand, other: Any, function: Any = function) -> Any:
            return self.tape.record_pointwise(function, (other, self), {})

        setattr(Stand, f"__{name}__", forward)
        setattr(Stand, f"__r{name}__", backward)


_add_operators()


def _find_stand(values: Sequence[Any]) -> Stand:
    for value in values:
        if isinstance(value, Stand):
            return value
        if isinstance(value, list | tuple) and any(isinstance(v, Stand) for v in value):
            return _find_stand(value)
    raise Untraceable("arguments")


def trace_steps(network: nn.Module, dims: int) -> list[Step]:
    """The steps of `network`, its input first, its output last; some may be of no use.

    Raises
    ------
    Untraceable
        It does something for which there is no step here.
    """
    tape = Tape(dims)
    try:
        with torch.no_grad():
            output = network.forward(Stand(tape, 0))
    except (TypeError, AttributeError, RuntimeError) as error:
        raise Untraceable(str(error)) from error
    if not isinstance(output, Stand):
        raise Untraceable("no output")
    return tape.steps[: output.number + 1]


def _record_convolution(
    tape: Tape,
    inputs: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Stand:
    if not isinstance(weight, Tensor) or not isinstance(inputs, Stand):
        raise Untraceable("convolution with a computed kernel")
    kernel = tuple(weight.shape[2:])
    half = tuple(side // 2 for side in kernel)
    given = (padding,) * len(kernel) if isinstance(padding, int) else tuple(padding)
    plain = all(set(_sides(value)) == {1} for value in (stride, dilation))
    if not plain or given != half or any(side % 2 == 0 for side in kernel):
        raise Untraceable("convolution with strides, dilation or other padding")
    exact = set(kernel) == {1} or not isinstance(weight, nn.Parameter)
    bias = None if bias is None else bias.detach()
    made = Convolution(weight.detach(), bias, half, groups, exact=exact)
    return tape.append(Convolve((inputs.number,), made))


def _record_batch_norm(
    tape: Tape,
    inputs: Stand,
    mean: Any,
    variance: Any,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    **others: Any,
) -> Stand:
    """Folded into the convolution before it (in double precision)."""
    step = tape.steps[inputs.number]
    if training or mean is None or not isinstance(step, Convolve) or step.convolution.slope != 1:
        raise Untraceable("batch norm that follows no convolution")
    factor = (variance.detach().double() + others.get("eps", 1e-5)).rsqrt()
    factor = factor if weight is None else factor * weight.detach().double()
    shift = -mean.detach().double() * factor
    shift = shift if bias is None else shift + bias.detach().double()
    return tape.append(replace(step, convolution=step.convolution.scaled(factor, shift)))


def _record_activation(tape: Tape, inputs: Stand, slope: float, function: Any) -> Any:
    step = tape.steps[inputs.number]
    if isinstance(step, Convolve) and step.convolution.slope == 1:
        return tape.append(replace(step, convolution=replace(step.convolution, slope=slope)))
    return tape.record_pointwise(function, (inputs,), {})


def _record_relu(tape: Tape, inputs: Stand, **_: Any) -> Any:
    return _record_activation(tape, inputs, 0.0, functional.relu)


def _record_leaky_relu(tape: Tape, inputs: Stand, negative_slope: float = 0.01, **_: Any) -> Any:
    def run(x: Tensor) -> Tensor:
        return functional.leaky_relu(x, negative_slope)

    return _record_activation(tape, inputs, negative_slope, run)


def _record_dropout(
    _tape: Tape, inputs: Stand, p: float = 0.5, training: bool = True, **_: Any
) -> Stand:
    """Nothing, in evaluation mode."""
    if training and p > 0:
        raise Untraceable("dropout in training mode")
    return inputs


def _pool_recorder(function: Callable[[Tensor, int], Tensor]) -> Callable[..., Stand]:
    def record(tape: Tape, inputs: Stand, kernel: Any, stride: Any = None, *rest: Any, **kw: Any
               ) -> Stand:  # fmt: skip
        usual = {"padding": 0, "dilation": 1, "ceil_mode": False, "return_indices": False}
        odd = [k for k, v in kw.items() if k == "stride" or (k in usual and v != usual[k])]
        strides = {2} if stride in (None, [], ()) else set(_sides(stride))
        if odd or any(value not in (0, 1, False, True, None) for value in rest):
            raise Untraceable("pooling with padding")
        if set(_sides(kernel)) != {2} or strides != {2}:
            raise Untraceable("pooling other than 2×2")
        return tape.append(Pool((inputs.number,), function))

    return record


def _record_interpolate(
    tape: Tape,
    inputs: Stand,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    **_: Any,
) -> Stand:
    if size is not None or mode != "nearest" or set(_sides(scale_factor)) != {2}:
        raise Untraceable("enlargement other than twice, nearest")
    return tape.append(Enlarge((inputs.number,)))


def _record_cat(tape: Tape, parts: Any, dim: int = 0) -> Stand:
    if dim != 1 or not all(isinstance(part, Stand) for part in parts):
        raise Untraceable("joining along an axis of pixels")
    return tape.append(Join(tuple(part.number for part in parts)))


def _record_sum(tape: Tape, inputs: Stand, dim: Any = None, keepdim: bool = False) -> Stand:
    if _sides(dim) != (1,) or not keepdim:
        raise Untraceable("sum over pixels")
    return tape.append(Pointwise((inputs.number,), lambda x: x.sum(1, keepdim=True)))


def _sides(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


_RECORDERS: dict[str, Callable[..., Any]] = {
    "conv2d": _record_convolution,
    "conv3d": _record_convolution,
    "batch_norm": _record_batch_norm,
    "relu": _record_relu,
    "leaky_relu": _record_leaky_relu,
    "dropout": _record_dropout,
    "max_pool2d": _pool_recorder(functional.max_pool2d),
    "max_pool3d": _pool_recorder(functional.max_pool3d),
    "avg_pool2d": _pool_recorder(functional.avg_pool2d),
    "avg_pool3d": _pool_recorder(functional.avg_pool3d),
    "interpolate": _record_interpolate,
    "cat": _record_cat,
    "sum": _record_sum,
}
