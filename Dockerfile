# The page and the API on port 7860, with the pocket model and Whisper base inside; no network once built.
#   docker build -t synesthesia .
#   docker run -p 7860:7860 -e SYNESTHESIA_TRUSTED_HOSTS=demo.example.org synesthesia
# The hub's checkpoints are kept outside: -v synesthesia-models:/models, and
#   docker run -v synesthesia-models:/models synesthesia python -m demo download base
# On an NVIDIA GPU: --build-arg TORCH_INDEX=https://pypi.org/simple, and docker run --gpus all.
FROM python:3.11-slim

ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 HF_HOME=/models SYNESTHESIA_HOST=0.0.0.0

WORKDIR /app
COPY requirements.txt requirements-speech.txt constraints.txt ./
RUN pip install --extra-index-url "$TORCH_INDEX" -r requirements.txt -r requirements-speech.txt -c constraints.txt

RUN useradd --create-home demo && mkdir /models && chown demo /models
COPY --chown=demo app.py ./
COPY --chown=demo assets assets
COPY --chown=demo demo demo
USER demo
VOLUME /models
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:7860/health', timeout=5)"]
CMD ["python", "app.py"]
