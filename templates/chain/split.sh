#!/bin/sh
# A list of numbers, one a line, is cut into parts; each part is an object that starts the service `sum`.
set -eu

name=$(basename "$INPUT_FILE_PATH")
export PART="$TMP_OUTPUT_DIR/${name%.*}" LINES_PER_PART="${LINES_PER_PART:-3}"

awk '
  NF == 0 { next }
  lines % ENVIRON["LINES_PER_PART"] == 0 { parts++ }
  { lines++; print > (ENVIRON["PART"] "-" parts ".txt") }
  END { print lines + 0 " numbers in " parts + 0 " parts" }
' "$INPUT_FILE_PATH"
