#!/bin/sh
# Takes its time and says how far it is: something to follow, to end, and to restart under.
set -eu

steps=${STEPS:-10}
step=0
while [ "$step" -lt "$steps" ]; do
  step=$((step + 1))
  sleep "${SECONDS_PER_STEP:-1}"
  echo "step $step of $steps"
done
echo "done with $(wc -c < "$INPUT_FILE_PATH" | tr -d ' ') bytes"
