"""The workbench: any study folder in a browser, for one user on one machine.

Two processes. The one that answers the browser (`server`, `site`) computes nothing; the other
(`worker`) holds the studies that are open and makes a `Sheet` of each page asked for.
"""
