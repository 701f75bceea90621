"""The official client of the Model Context Protocol against a node: what it lists, calls and checks.

The client validates every structured answer against the tool's own output schema.
"""

import asyncio
import sys

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client


async def main(url):
    async with streamable_http_client(f"{url}/mcp") as streams:
        async with ClientSession(streams[0], streams[1]) as session:
            hello = await session.initialize()
            assert hello.server_info.name == "cuulong", hello
            await session.send_ping()
            tools = (await session.list_tools()).tools
            names = [tool.name for tool in tools]
            assert {"search", "describe", "observe", "aggregate", "ask_sql", "trace", "draw"} <= set(names), names

            async def call(name, **arguments):
                result = await session.call_tool(name, arguments)
                assert not result.is_error, (name, result.content)
                return result

            found = (await call("search", text="do man")).structured_content
            assert any(item["id"] == "salinity_2h" for item in found["datasets"]), found
            said = (await call("describe", dataset="salinity_2h")).structured_content
            stream = said["datastreams"][0]
            assert said["source"]["synthetic"] is True
            values = (await call("observe", dataset="salinity_2h", datastream=stream["id"], limit=3)).structured_content
            assert len(values["items"]) == 3 and values["source"]["licence"] == "CC0-1.0", values
            first = values["items"][0]
            trace = await call(
                "trace", dataset="salinity_2h", datastream=first["datastream"], time=first["phenomenon_time"]
            )
            assert trace.structured_content["trace"]["result"] == first["result"]
            months = await call("aggregate", dataset="salinity_2h", datastream=stream["id"], width="P1M")
            assert months.structured_content["items"][0]["max_trace"].startswith(url)
            rows = await call("ask_sql", sql="SELECT count(*) AS n FROM salinity_2h")
            assert rows.structured_content["rows"][0]["n"] > 0
            drawn = await call("draw", dataset="salinity_2h", place=stream["place"], property=stream["property"])
            image = [part for part in drawn.content if part.type == "image"][0]
            assert image.mime_type == "image/svg+xml"
            await call("changes", limit=5)
            wrong = await session.call_tool("observe", {"dataset": "no_such"})
            assert wrong.is_error and "no_such" in wrong.content[0].text, wrong
            resources = (await session.list_resources()).resources
            document = await session.read_resource(str(resources[0].uri))
            assert resources[0].name in document.contents[0].text
            prompts = (await session.list_prompts()).prompts
            assert "salinity_bulletin" in [prompt.name for prompt in prompts], prompts
            filled = await session.get_prompt("where_from", {"number": "4,3 g/l"})
            assert "4,3 g/l" in filled.messages[0].content.text, filled
            templates = (await session.list_resource_templates()).resource_templates
            assert templates[0].uri_template.startswith("cuulong://")
    print("ok")


asyncio.run(main(sys.argv[1]))
