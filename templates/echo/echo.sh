#!/bin/sh
# What the caller sent is in the file INPUT_FILE_PATH; what is printed here is the answer.
set -eu

printf 'You said: '
cat "$INPUT_FILE_PATH"
