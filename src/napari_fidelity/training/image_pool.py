"""Earlier images of a generator, shown to the discriminator again."""

from __future__ import annotations

import torch
from torch import Tensor


class ImagePool:
    """A buffer of made images (Shrivastava 2017), so that old tricks are not forgotten.

    Until it is full an image is kept and passed on. Then, with a chance of one half, an image is
    exchanged for a random one of the pool; else it passes by. Chance comes from PyTorch's
    generator on the CPU, which training seeds at every step.

    Parameters
    ----------
    size : int
        Images in the pool; 50 in CycleGAN. 0: images pass by.

    Examples
    --------
    >>> pool = ImagePool(2)
    >>> pool.exchange(torch.ones(2, 1, 4, 4)).shape
    torch.Size([2, 1, 4, 4])
    """

    def __init__(self, size: int = 50) -> None:
        self.size = size
        self._images: list[Tensor] = []

    def exchange(self, images: Tensor) -> Tensor:
        """As many images (batch, channel, *spatial) as are given, some of them older."""
        if self.size == 0:
            return images
        return torch.stack([self._exchange_one(image) for image in images.detach()])

    def state(self) -> Tensor:
        """The images of the pool (count, channel, *spatial); of shape (0,) when it is empty."""
        return torch.stack(self._images).cpu() if self._images else torch.zeros(0)

    def load_state(self, images: Tensor) -> None:
        """Go on from what `state` gave."""
        self._images = [image.clone() for image in images]

    def _exchange_one(self, image: Tensor) -> Tensor:
        if len(self._images) < self.size:
            self._images.append(image.clone())
            return image
        if float(torch.rand(())) < 0.5:
            return image
        place = int(torch.randint(self.size, ()))
        older, self._images[place] = self._images[place], image.clone()
        return older.to(image.device)
