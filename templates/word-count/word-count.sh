#!/bin/sh
# A text arrives in word-count/in; how often each of its words occurs goes to word-count/out.
set -eu

name=$(basename "$INPUT_FILE_PATH")
counts="$TMP_OUTPUT_DIR/${name%.*}.counts.txt"

LC_ALL=C awk '
  { gsub(/[^A-Za-z0-9]+/, " "); for (i = 1; i <= NF; i++) seen[tolower($i)]++ }
  END { for (word in seen) print seen[word] "\t" word }
' "$INPUT_FILE_PATH" | LC_ALL=C sort -k1,1nr -k2 > "$counts"

# What is printed here is the log of the job.
echo "$name: $(wc -l < "$counts" | tr -d ' ') different words"
