#!/bin/sh
# A variable may be shown. A secret reaches the script in the same way, and nobody else: the API answers it blank.
set -eu

if [ -z "${API_KEY:-}" ]; then
  echo 'The secret API_KEY is missing: set it under environment.secrets.' >&2
  exit 1
fi
echo "${GREETING:-Hello}, $(cat "$INPUT_FILE_PATH")! My key has ${#API_KEY} characters."
