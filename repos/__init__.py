"""Repositories: who may see and change them, their Git content, and the pages that show it."""
