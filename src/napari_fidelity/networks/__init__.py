"""Neural networks, each with a specification of what it needs and how far it sees."""

from napari_fidelity.networks.catalog import NETWORKS
from napari_fidelity.networks.spec import LocalNetwork, NetworkSpec

__all__ = ["NETWORKS", "LocalNetwork", "NetworkSpec"]
