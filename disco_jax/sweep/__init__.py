"""Every model of a hub on many data sets, on as many machines as there are.

plan        what there is to do, as a file; `planning` makes it of a hub and data
store       a result is a file; `under_way` what is being done
one_model   one over its data sets
worker      what is missing, here or by an engine; `shards` which part of it
on_*        the engines, each of which maps one function (`named`) over models
counts      how far all is
collected   the one table; `tables` its files

Nothing here queues, places or restarts anything. Workers share a folder and nothing else: a result
has one name and one content, so that whoever computes it writes the same.
"""

from .collected import collect
from .counts import Status, status
from .on_processes import leave_when_told
from .one_model import Cell, walk
from .plan import Data, Model, Plan, read_plan, write_plan
from .planning import plan_of
from .shards import shard_of
from .store import TRIES, Store
from .worker import Left, work

__all__ = [
    "TRIES",
    "Cell",
    "Data",
    "Left",
    "Model",
    "Plan",
    "Status",
    "Store",
    "collect",
    "leave_when_told",
    "plan_of",
    "read_plan",
    "shard_of",
    "status",
    "walk",
    "work",
    "write_plan",
]
