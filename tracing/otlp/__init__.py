"""Spans as OpenTelemetry writes them: read, understood, summed and written again. Knows no database."""
