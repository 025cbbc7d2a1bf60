"""A sure answer for a part of the forward passes: models are dropped once they are clearly behind.

rounds      the race, given what makes features
networks    the race of a hub of networks over pictures
"""

from .networks import race_hub
from .rounds import Race, Round, race

__all__ = ["Race", "Round", "race", "race_hub"]
