"""The real livekit-plugins-openai against the stand-in."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import APIConnectionError, APIConnectOptions, function_tool
from livekit.agents.llm import ChatChunk, ChatContext
from livekit.plugins import openai

from tests.vendors.chat_server import ChatBehaviour, ChatServer, ToolCall
from tests.vendors.loopback import KEY


@function_tool
async def book(day: str) -> str:
    """Book a table."""
    return day


async def ask(server: ChatServer, *, max_retry: int = 3) -> list[ChatChunk]:
    llm = openai.LLM(model="any", api_key=KEY, base_url=server.base_url)
    context = ChatContext.empty()
    context.add_message(role="user", content="Is there a table on Monday?")
    options = APIConnectOptions(max_retry=max_retry, retry_interval=0.05, timeout=2)
    try:
        async with (
            asyncio.timeout(10),
            llm.chat(chat_ctx=context, tools=[book], conn_options=options) as stream,
        ):
            return [chunk async for chunk in stream]
    finally:
        await llm.aclose()


def text(chunks: list[ChatChunk]) -> str:
    return "".join(chunk.delta.content or "" for chunk in chunks if chunk.delta).strip()


async def test_the_answer_arrives_word_by_word():
    async with ChatServer(["Yes, at noon."]) as server:
        chunks = await ask(server)
    assert text(chunks) == "Yes, at noon."
    assert len([chunk for chunk in chunks if chunk.delta and chunk.delta.content]) == 3


async def test_the_server_sees_what_the_caller_said():
    async with ChatServer(["Yes."]) as server:
        await ask(server)
        assert server.asked[0][-1]["content"] == "Is there a table on Monday?"


async def test_a_tool_call_arrives_whole():
    async with ChatServer([ToolCall("book", {"day": "Monday"})]) as server:
        chunks = await ask(server)
    (call,) = [call for chunk in chunks if chunk.delta for call in chunk.delta.tool_calls]
    assert (call.name, call.arguments) == ("book", '{"day": "Monday"}')


async def test_a_connection_dropped_in_mid_answer_is_an_error():
    behaviour = ChatBehaviour(drop_after_tokens=1, token_s=0.05)
    async with ChatServer(["Yes, at noon."], behaviour) as server:
        with pytest.raises(APIConnectionError):
            await ask(server, max_retry=0)


async def test_after_a_malformed_chunk_it_is_asked_again():
    async with ChatServer(["Yes."], ChatBehaviour(malformed_first=True)) as server:
        assert text(await ask(server)) == "Yes."
        assert server.connections == 2
