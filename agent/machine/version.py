"""The version of this source; tests hold it against pyproject.toml.

importlib.metadata would know it too, at the price of the email package and 15 ms on each start.
"""

VERSION = "0.1.0"
