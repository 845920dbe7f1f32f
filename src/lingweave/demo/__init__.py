"""The whole path once: three ways of batching, trained and compared on the built-in atlas."""

from lingweave.demo.config import DemoConfig

__all__ = ["DemoConfig"]
