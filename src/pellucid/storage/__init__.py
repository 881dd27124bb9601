"""Bytes that survive: errors in one sentence, atomic writes, checksums, safetensors and JSON."""
