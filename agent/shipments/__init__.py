"""Shipments: what goes together, who answers for it, and how it fared. Pure."""
