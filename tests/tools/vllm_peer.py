"""A small server that speaks vLLM's API as far as it is used here (routes, checks and errors as in vLLM 0.33); started
by the tests in vLLM's place as ``python vllm_peer.py serve BASE --port …``. What it "writes" is its model's name and
the number of each token, one every ``PEER_SECONDS``."""

import argparse
import asyncio
import json
import os
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

SECONDS = float(os.environ.get("PEER_SECONDS", "0"))


def build(base: str, served: str, lora: bool, rank: int, window: int) -> FastAPI:
    api = FastAPI()
    adapters: dict[str, str] = {}
    counts = {"running": 0, "aborted": 0, "most": 0}
    key = os.environ.get("VLLM_API_KEY")

    def error(message: str, kind: str, status: int) -> JSONResponse:
        body = {"error": {"message": message, "type": kind, "param": None, "code": status}}
        return JSONResponse(body, status)

    @api.middleware("http")
    async def door(request: Request, following):
        if (
            key
            and request.url.path.startswith("/v1")
            and request.headers.get("authorization") != f"Bearer {key}"
        ):
            return JSONResponse({"error": "Unauthorized"}, 401)
        return await following(request)

    @api.get("/health")
    def health():
        return PlainTextResponse("")

    @api.get("/counts")
    def told():
        return counts

    @api.get("/v1/models")
    def models():
        own = {"id": served, "object": "model", "root": base, "parent": None, "max_model_len": window}
        others = [{"id": n, "object": "model", "root": p, "parent": served} for n, p in adapters.items()]
        return {"object": "list", "data": [own, *others]}

    if lora and os.environ.get("VLLM_ALLOW_RUNTIME_LORA_UPDATING", "").lower() in ("true", "1"):

        @api.post("/v1/load_lora_adapter")
        def load(body: dict):
            name, folder = body["lora_name"], Path(body["lora_path"])
            if name in adapters:
                return error(f"The lora adapter '{name}' has already been loaded.", "InvalidUserInput", 400)
            if not (folder / "adapter_config.json").is_file():
                return error(
                    f"Loading lora {name} failed: No adapter found for {folder}", "NotFoundError", 404
                )
            config = json.loads((folder / "adapter_config.json").read_text())
            if config["r"] > rank or config["use_dora"]:
                return error(
                    f"LoRA rank {config['r']} is greater than max_lora_rank {rank}.", "BadRequestError", 400
                )
            adapters[name] = str(folder)
            return PlainTextResponse(f"Success: LoRA adapter '{name}' added successfully.")

        @api.post("/v1/unload_lora_adapter")
        def unload(body: dict):
            if adapters.pop(body["lora_name"], None) is None:
                return error(f"The lora adapter '{body['lora_name']}' cannot be found.", "NotFoundError", 404)
            return PlainTextResponse("Success")

    @api.post("/v1/completions")
    async def complete(body: dict):
        if body["model"] not in (served, *adapters):
            return error(f"The model `{body['model']}` does not exist.", "NotFoundError", 404)
        if len(body["prompt"]) + body["max_tokens"] > window:
            return error("This model's maximum context length is exceeded.", "BadRequestError", 400)
        return StreamingResponse(written(body, counts), media_type="text/event-stream")

    return api


async def written(body: dict, counts: dict[str, int]):
    counts["running"] += 1
    counts["most"] = max(counts["most"], counts["running"])
    done = False
    try:
        for number in range(1, body["max_tokens"] + 1):
            text = f" {body['model']}" if number == 1 else f" {number}"
            last = number == body["max_tokens"]
            choice = {"index": 0, "text": text, "finish_reason": "length" if last else None}
            yield f"data: {json.dumps({'choices': [choice], 'usage': {'completion_tokens': number}})}\n\n"
            await asyncio.sleep(SECONDS)
        yield "data: [DONE]\n\n"
        done = True
    finally:
        counts["running"] -= 1
        counts["aborted"] += not done


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("serve", choices=["serve"])
    parser.add_argument("base")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--served-model-name")
    parser.add_argument("--enable-lora", action="store_true")
    parser.add_argument("--max-lora-rank", type=int, default=16)
    parser.add_argument("--max-loras", type=int, default=1)
    parser.add_argument("--max-cpu-loras", type=int)
    parser.add_argument("--max-model-len", type=int, default=64)
    parser.add_argument("--disable-log-stats", action="store_true")
    parser.add_argument("--disable-uvicorn-access-log", action="store_true")
    given = parser.parse_args()
    served = given.served_model_name or given.base
    api = build(given.base, served, given.enable_lora, given.max_lora_rank, given.max_model_len)
    uvicorn.run(api, host=given.host, port=given.port, log_level="warning", timeout_graceful_shutdown=1)
