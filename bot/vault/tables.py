"""The keys that something here may be sealed under: by their ids, never themselves."""

import sqlalchemy as sa

from bot.db import Moment, metadata

#: No row: nothing is sealed. The index key is the same in every row.
sealing_keys = sa.Table(
    "sealing_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),  # derived from the key: sealing.keys.Key
    sa.Column("index_key", sa.Text, nullable=False),  # what makes addresses and words findable, sealed under this key
    sa.Column("added_at", Moment, nullable=False),
)
