"""Cairn's settings, addresses and process entry points; `hub.lib` is the only part of it that rooms import."""

VERSION = "0.1.0"
