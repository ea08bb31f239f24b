#!/bin/sh
# {"values": [3, 1, 2]} in, {"count": 3, "sum": 6, ...} out, with nothing but sed and awk.
set -eu
export LC_ALL=C

numbers=$(tr '\n' ' ' < "$INPUT_FILE_PATH" | sed -n 's/.*"values" *: *\[\([^]]*\)\].*/\1/p' | tr ',' '\n')

echo "$numbers" | awk '
  NF == 0 { next }
  $1 !~ /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/ { bad = 1; exit }
  { v = $1 + 0; if (!n++ || v < min) min = v; if (n == 1 || v > max) max = v; sum += v }
  END {
    if (bad || !n) { print "json-stats expects a list of numbers, such as {\"values\": [3, 1, 2]}."; exit 1 }
    printf "{\"count\": %d, \"sum\": %.10g, \"min\": %.10g, \"max\": %.10g, \"mean\": %.10g}\n", n, sum, min, max, sum / n
  }'
