"""Vendors of voice agents: a module each reads the JSON that the vendor gives with a call.

``is_meant(fields)`` says whether a JSON object is this vendor's; ``read(fields)`` reads it. Their
SDKs' response models are the authority: a field that may be absent there may be absent here.
"""

from __future__ import annotations

from types import ModuleType

from livekit_barge.intake.vendors import bland, retell, twilio, vapi

VENDORS: tuple[ModuleType, ...] = (retell, vapi, twilio, bland)
"""In the order in which they are tried."""
