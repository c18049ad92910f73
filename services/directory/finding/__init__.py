"""Finding: what the public may read, served as it stands, and the search over it (SD-1, SD-2).

Every RPC reads the table `publication` and nothing else, so none can show more than an editor published.
"""
