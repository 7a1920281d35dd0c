# syntax=docker/dockerfile:1
# Newsletter as an image: slim, run by a user who is nobody, with its home in a volume.
# docker build -t newsletter . && docker run --rm newsletter --help

FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
RUN python -m venv /opt/newsletter
# What changes seldom comes first: the packages, each with its pinned hash.
COPY requirements.txt ./
RUN /opt/newsletter/bin/pip install --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE CHANGELOG.md ./
COPY newsletter ./newsletter
COPY templates ./templates
RUN /opt/newsletter/bin/pip install --no-deps --no-build-isolation . \
    && /opt/newsletter/bin/pip uninstall --yes pip hatchling

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="Newsletter" \
      org.opencontainers.image.licenses="MIT"
RUN groupadd --gid 10001 newsletter \
    && useradd --uid 10001 --gid newsletter --home-dir /home/newsletter --create-home \
       --shell /usr/sbin/nologin newsletter \
    && install --directory --owner=newsletter --group=newsletter --mode=0750 /data
COPY --from=build /opt/newsletter /opt/newsletter
ENV PATH=/opt/newsletter/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NEWSLETTER_HOME=/data \
    NEWSLETTER_LOG=json
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
# A worker has no port: compose.yaml gives it a check of its own.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["newsletter"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000", "--with-schedule"]
