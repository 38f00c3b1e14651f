# ferlite's server: docker build -t ferlite . && docker run -e FERLITE_API_KEY=... -p 8000:8000 ferlite
FROM node:22-slim AS page
WORKDIR /source
COPY web/package.json web/package-lock.json web/.npmrc web/
RUN cd web && npm ci --no-audit --no-fund
COPY web web
COPY src/ferlite src/ferlite
COPY LICENSE NOTICE ./
COPY examples/astronaut.jpg examples/
COPY results/benchmarks/photos.json results/benchmarks/
RUN cd web && npm run build

FROM python:3.12-slim AS build
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md LICENSE NOTICE ./
COPY src ./src
COPY --from=page /source/web/dist ./web/dist
RUN python -m venv /opt/ferlite \
    && /opt/ferlite/bin/pip install --no-cache-dir '.[serve]'

FROM python:3.12-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin ferlite
COPY --from=build /opt/ferlite /opt/ferlite
ENV PATH=/opt/ferlite/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
# Where files of 'ferlite models pull' may be mounted, read-only.
ENV FERLITE_HOME=/models
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# Without FERLITE_API_KEY it refuses to start; --insecure is for those who know who can reach it.
ENTRYPOINT ["ferlite", "serve", "--host", "0.0.0.0"]
