"""The HTTP interface: decode a body, call one function of the core, encode what came out."""

from aml_miner.api.app import create_app, serve_models

__all__ = ["create_app", "serve_models"]
