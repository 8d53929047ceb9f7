"""
VisionProcessingAgent: describes pictures, and reads the text in them.

It measures; it does not understand what is shown, and says nothing that it did not measure.
"""

from __future__ import annotations

import asyncio

from common.agent import Agent, AgentContext, action
from common.contracts.vision import (
    DescribeImageRequest,
    ImageDescription,
    ReadTextRequest,
    TextRead,
)


class VisionProcessingAgent(Agent):
    """Look at one picture after another."""

    def __init__(self, context: AgentContext) -> None:
        super().__init__(context)
        self._looking = asyncio.Lock()  # the models are for one picture at a time

    @action
    async def describe_image(self, request: DescribeImageRequest) -> ImageDescription:
        """Describe a picture: size, colours, light, sharpness, number of faces, text."""
        async with self._looking:
            return await asyncio.to_thread(_describe, request.image)

    @action
    async def read_text(self, request: ReadTextRequest) -> TextRead:
        """Read the text in a picture."""
        async with self._looking:
            return await asyncio.to_thread(_read, request.image)


def _describe(image: bytes) -> ImageDescription:
    from agents.light_gpu_services.picture_reading import described

    return described(image)


def _read(image: bytes) -> TextRead:
    from agents.light_gpu_services.picture_reading import text_in

    return text_in(image)
