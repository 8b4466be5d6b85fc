"""Generates the text that the demonstration model learns from. Nothing is read from anywhere."""
