"""The server that anybody would write in ten minutes around a classifier: the peer of ours.

Run ``python -m tests.benchmarks.plain_server FOLDER PORT``.
"""

import sys
from pathlib import Path
from typing import Any


def classifier(folder: Path) -> Any:
    """transformers' own pipeline, giving all labels."""
    from transformers import pipeline

    return pipeline("text-classification", model=str(folder), device="cpu", top_k=None, truncation=True)


def main(folder: Path, port: int) -> None:
    import uvicorn
    from fastapi import FastAPI
    from pydantic import BaseModel

    class Request(BaseModel):
        input: str | list[str]

    pipe, app = classifier(folder), FastAPI()

    @app.post("/classify")
    def classify(body: Request) -> list:
        return pipe(body.input)

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
