# One image for api, bot and worker; the command says which. Nothing is built at run time.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/drillflow
COPY requirements.lock /tmp/requirements.lock
# Every wheel is checked against its hash; the compiled files save each start a second.
RUN /opt/drillflow/bin/pip install --require-hashes -r /tmp/requirements.lock \
 && /opt/drillflow/bin/python -m compileall -q -j 0 /opt/drillflow/lib

FROM python:3.11-slim-bookworm
# A number, so that a cluster can see that it is not root.
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin drillflow \
 && install -d -o drillflow -g drillflow /var/lib/drillflow
COPY --from=build /opt/drillflow /opt/drillflow
WORKDIR /app
COPY rules rules
COPY texts texts
COPY models models
COPY runtime runtime
COPY activities activities
COPY workflows workflows
COPY api api
COPY bot bot
COPY migrations migrations
COPY alembic.ini settings.py composition.py worker.py ./
RUN /opt/drillflow/bin/python -m compileall -q .
ENV PATH=/opt/drillflow/bin:$PATH PYTHONUNBUFFERED=1 \
    DRILLFLOW_BIND_HOST=0.0.0.0 DRILLFLOW_LOG_FORMAT=json DRILLFLOW_DATA_DIR=/var/lib/drillflow
USER 10001
VOLUME /var/lib/drillflow
# Exec form: the process itself gets SIGTERM, drains, and exits 0.
CMD ["python", "worker.py"]
