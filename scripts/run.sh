#!/usr/bin/env bash
# Builds what is missing, then serves with SQLite in ./data: the first start makes a tenant, a key and the sandbox channel.
source "$(dirname "$0")/say.sh"

scripts/build.sh
exec "$TARGET/release/turnpike" serve --quickstart --data-dir "${DATA:-data}" --listen "${LISTEN:-127.0.0.1:8080}"
