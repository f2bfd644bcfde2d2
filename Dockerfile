# The bot as an image: what is needed to build it stays in the first stage.
FROM docker.io/library/python:3.13-slim AS build
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt requirements-build.txt ./
RUN python3 -m venv /build \
    && /build/bin/python -m pip install --require-hashes -r requirements-build.txt \
    && python3 -m venv --without-pip /opt/altcontact \
    && /build/bin/python -m pip --python /opt/altcontact/bin/python install --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
# pip comes with sqlite-utils, whose own command alone needs it.
COPY bot bot
RUN /build/bin/python -m build --wheel --no-isolation --outdir /wheels \
    && /build/bin/python -m pip --python /opt/altcontact/bin/python install --no-deps --no-index /wheels/*.whl \
    && /build/bin/python -m pip --python /opt/altcontact/bin/python uninstall --yes pip \
    && mkdir /data

FROM docker.io/library/python:3.13-slim
COPY --from=build /opt/altcontact /opt/altcontact
COPY --from=build --chown=10001:10001 /data /data
ENV PATH=/opt/altcontact/bin:$PATH \
    HOME=/data \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    ALTCONTACT_DATABASE=/data/altcontact.db
USER 10001:10001
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["altcontact"]
CMD ["run"]
