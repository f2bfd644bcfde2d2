# The bot as an image: what is needed to build it stays in the stage "build".
# The digest names the index of all architectures; Dependabot proposes each newer one.
FROM docker.io/library/python:3.13-slim@sha256:9662417aace5ae7b8e2609cce472b72a8958e134ba372808abe9cc1a0c0125e6 AS base

FROM base AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt requirements-build.txt ./
RUN python3 -m venv /build \
    && /build/bin/python -m pip install --require-hashes -r requirements-build.txt \
    && python3 -m venv --without-pip /opt/altcontact \
    && /build/bin/python -m pip --python /opt/altcontact/bin/python install --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY deploy/image deploy/image
# pip comes with sqlite-utils, whose own command alone needs it.
RUN /build/bin/python -m build --wheel --no-isolation --outdir /wheels \
    && /build/bin/python -m pip --python /opt/altcontact/bin/python install --no-deps --no-index /wheels/*.whl \
    && /build/bin/python -m pip --python /opt/altcontact/bin/python uninstall --yes pip \
    && /build/bin/python deploy/image/slim.py /opt/altcontact/lib/python3*/site-packages \
    && /build/bin/python deploy/image/sbom.py /opt/altcontact/lib/python3*/site-packages /sbom/altcontact.cdx.json

# What the image is made of, alone: docker build --target sbom --output sbom .
FROM scratch AS sbom
COPY --from=build /sbom /

FROM base
LABEL org.opencontainers.image.title="altcontact" \
      org.opencontainers.image.description="A Slack bot that checks that every AWS account has valid alternate contacts" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim"
COPY --from=build /sbom /usr/share/sbom
COPY --from=build /opt/altcontact /opt/altcontact
COPY deploy/image/healthcheck.py /usr/local/lib/altcontact/
# Whatever the user's number is, its group may be 0, as OpenShift has it.
RUN mkdir -m 0775 /data && chown 10001:0 /data
ENV PATH=/opt/altcontact/bin:$PATH \
    HOME=/data \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ALTCONTACT_DATABASE=/data/altcontact.db \
    ALTCONTACT_METRICS=127.0.0.1:9090
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "/usr/local/lib/altcontact/healthcheck.py"]
ENTRYPOINT ["altcontact"]
CMD ["run"]
