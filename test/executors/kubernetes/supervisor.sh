#!/bin/sh
# Stands in for the supervisor: its folders, its way with the script, its output; and it tells what it was given.
folder=$(mktemp -d) || exit 9
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/in" "$folder/out"
export TMP_INPUT_DIR="$folder/in" TMP_OUTPUT_DIR="$folder/out" INPUT_FILE_PATH="$folder/in/event"
cat >"$INPUT_FILE_PATH"
echo "supervisor: level ${LOG_LEVEL-none}, script ${SCRIPT-none}, writes as $AWS_SDK_UA_APP_ID" >&2
if [ -n "$STANDIN_FAILS" ]; then
  echo 'There was an exception'
  echo 'Traceback: no such object' >&2
  exit 1
fi
/bin/sh /oscar/config/script.sh >"$folder/printed" 2>&1 </dev/null
set -- "$TMP_OUTPUT_DIR"/*
if [ -e "$1" ]; then echo 'YmFzZTY0'; else cat "$folder/printed"; echo; fi
exit "${STANDIN_CODE:-0}"
