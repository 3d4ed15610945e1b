# Cairn in a container: build it with `docker build -t cairn .`, or let docker-compose.yml do so.
FROM python:3.12-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends make git && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/cairn
COPY Makefile package.json package-lock.json .npmrc manage.py ./
COPY requirements requirements
COPY hub hub
RUN make install
COPY . .
RUN HUB_HOME=/tmp/build .venv/bin/python manage.py gather_static && rm -rf /tmp/build
# Byte code is made here: the user that runs the hub may not write it, and would compile everything at each start.
RUN .venv/bin/python -m compileall -q hub jobs accounts repos storage tracking registry tracing collab search web

FROM python:3.12-slim-bookworm
RUN apt-get update && apt-get install -y --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 cairn && install -d -o cairn /data
COPY --from=build /srv/cairn /srv/cairn
WORKDIR /srv/cairn
USER cairn
ENV HUB_HOME=/data HUB_HOST=0.0.0.0 HUB_PORT=8000 PATH=/srv/cairn/.venv/bin:$PATH
VOLUME /data
EXPOSE 8000
# One process for everything; docker-compose.yml starts the parts apart.
CMD ["python", "manage.py", "up"]
