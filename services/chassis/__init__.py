"""What every Kith service stands on: a library that knows nothing of children.

One concept per file, named after it. A module enters when three services use it.
"""
