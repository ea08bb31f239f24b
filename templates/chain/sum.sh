#!/bin/sh
# Adds up one part. Several parts are worked on at the same time.
set -eu

name=$(basename "$INPUT_FILE_PATH")
awk '{ sum += $1 } END { print sum + 0 }' "$INPUT_FILE_PATH" > "$TMP_OUTPUT_DIR/${name%.*}.sum"

echo "$name: $(cat "$TMP_OUTPUT_DIR/${name%.*}.sum")"
