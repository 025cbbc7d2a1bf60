"""Which networks are known: every architecture, and the public weights of the bundled hubs."""

from .listing import Network, as_hub, networks, number_of

__all__ = ["Network", "as_hub", "networks", "number_of"]
