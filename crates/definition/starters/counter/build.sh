# Installs what requirements.txt names into .venv, when that changed.
set -eu
if [ .venv/done -nt requirements.txt ]; then
    exit 0
fi
python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
touch .venv/done
