# The image that serves, scores and runs the daily job. Builds with docker or buildah; see docs/container.md.
#
# BASE_IMAGE   a Debian with Python 3.13.5 or newer as python3, and pip
# WITHOUT      locked packages to leave out; these are needed to monitor, train and evaluate, and not to score or serve
ARG BASE_IMAGE=python:3.13-slim-trixie

# --- the wheel, by the locked setuptools -----------------------------------------------------------
FROM ${BASE_IMAGE} AS wheel
WORKDIR /src
COPY requirements/dev.lock requirements/dev.lock
RUN python3 -m venv /opt/build \
    && awk '/^[^ ]/ { taken = /^(setuptools|packaging|wheel)==/ } taken' requirements/dev.lock > build.lock \
    && /opt/build/bin/python -m pip install --quiet --no-cache-dir --no-deps --only-binary :all: --require-hashes -r build.lock
COPY pyproject.toml README.md LICENSE ./
COPY aml_miner aml_miner
COPY trained_models trained_models
RUN /opt/build/bin/python -m pip wheel --quiet --no-cache-dir --no-deps --no-build-isolation --no-index --wheel-dir /wheels .

# --- the environment: locked dependencies by their hashes, then the wheel --------------------------
FROM ${BASE_IMAGE} AS environment
ARG WITHOUT="cloudpickle joblib lightgbm narwhals scikit-learn scipy threadpoolctl"
WORKDIR /src
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends binutils > /dev/null \
    && rm -rf /var/lib/apt/lists/*
COPY requirements/runtime.lock runtime.lock
RUN python3 -m venv --without-pip /opt/aml-miner \
    && awk -v without="$WITHOUT" 'BEGIN { n = split(without, names, " "); for (i = 1; i <= n; i++) left[names[i]] } \
        /^[^ ]/ { name = $1; sub(/==.*/, "", name); out = name in left } !out' runtime.lock > image.lock \
    && python3 -m pip --python /opt/aml-miner/bin/python install --quiet --no-cache-dir --no-compile --no-deps \
        --only-binary :all: --require-hashes -r image.lock
# What nothing here imports: Arrow's clients of networks and its headers, other packages' tests and sources of
# compiled modules, symbols for debuggers.
# NumPy is left as it is: its libraries were patched after linking, and strip may break such.
RUN cd /opt/aml-miner/lib/python3.*/site-packages \
    && rm -rf pyarrow/include pyarrow/src pyarrow/includes pyarrow/libarrow_flight.so.* pyarrow/_flight.* \
        pyarrow/libarrow_python_flight.* pyarrow/libarrow_s3.so.* pyarrow/_s3fs.* \
        pyarrow/libarrow_python*.so pyarrow/libarrow_python*.so.*.* \
    && find . -type d -name tests -prune -exec rm -rf {} + \
    && find . -name '*.py[xi]' -o -name '*.px[di]' -o -name '*.[ch]' -o -name '*.[ch]pp' | xargs rm -f \
    && find . -name '*.so*' ! -path './numpy*' -exec strip --strip-unneeded {} +
COPY --from=wheel /wheels /wheels
RUN python3 -m pip --python /opt/aml-miner/bin/python install --quiet --no-cache-dir --no-compile --no-deps --no-index /wheels/*.whl \
    && /opt/aml-miner/bin/python -m compileall -q /opt/aml-miner/lib

# --- the image ---------------------------------------------------------------------------------------
FROM ${BASE_IMAGE}
ARG WITHOUT="cloudpickle joblib lightgbm narwhals scikit-learn scipy threadpoolctl"
# LightGBM's OpenMP, where LightGBM is.
RUN case " $WITHOUT " in *" lightgbm "*) ;; *) apt-get update -qq \
        && apt-get install -y -qq --no-install-recommends libgomp1 > /dev/null \
        && rm -rf /var/lib/apt/lists/* ;; esac \
    && groupadd --gid 10001 miner \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin miner \
    && mkdir -p /data/input /data/output /data/batches /data/results /data/models /data/packages /data/keys \
    && chown -R 10001:10001 /data
COPY --from=environment /opt/aml-miner /opt/aml-miner
COPY scripts/container_start.sh /usr/local/bin/container_start
ENV PATH=/opt/aml-miner/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    NUMBA_CACHE_DIR=/tmp/numba \
    API_HOST=0.0.0.0 \
    BATCHES_DIR=/data/batches \
    RESULTS_DIR=/data/results
# Compiled once, on the machine that builds; another kind of processor compiles anew when it starts.
RUN mkdir /opt/compiled && chown 10001:10001 /opt/compiled
USER 10001:10001
WORKDIR /tmp
RUN NUMBA_CACHE_DIR=/opt/compiled python -c "from aml_miner.config.settings import SHIPPED_MODELS as folder; \
from aml_miner.models import load_models; from aml_miner.scoring.golden import check_golden; \
models = load_models(folder); models.warm(); assert check_golden(models, folder)"
EXPOSE 8000
VOLUME ["/data/batches", "/data/results"]
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:%s/livez' % os.environ.get('API_PORT', 8000), timeout=2)"]
ENTRYPOINT ["container_start"]
CMD ["serve"]
