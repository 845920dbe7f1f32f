# `lingweave serve` in a container: docs/cluster.md says how it is used.
FROM python:3.11-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY src src
# torch's own index has its build for CPUs, which is a tenth of the size of the one for GPUs.
RUN python -m venv /opt/lingweave \
    && /opt/lingweave/bin/pip install --no-cache-dir -c constraints.txt \
       --index-url https://download.pytorch.org/whl/cpu --extra-index-url https://pypi.org/simple torch \
    && /opt/lingweave/bin/pip install --no-cache-dir -c constraints.txt ".[serve,milvus,onnx]"

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home lingweave && install -d -o lingweave /index /models
COPY --from=build /opt/lingweave /opt/lingweave
ENV PATH=/opt/lingweave/bin:$PATH HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1
USER lingweave
VOLUME ["/index"]
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --start-period=60s --interval=10s --timeout=5s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
ENTRYPOINT ["lingweave"]
# Keys come from LINGWEAVE_KEYS; without one it does not start, as others can reach the address.
CMD ["serve", "/index", "--host", "0.0.0.0"]
