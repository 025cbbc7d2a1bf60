"""Hubs of models: a `hub.toml` of one's own, and the bundled ones of the literature."""

from .listing import HUBS, HubModel, accuracies_of, find_hub, read_hub

__all__ = ["HUBS", "HubModel", "accuracies_of", "find_hub", "read_hub"]
