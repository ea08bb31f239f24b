import { writerPrefix } from '../../../model/writer.ts';
import { places } from './settings.ts';

// The lines of sh around supervisor and script. Their variables are named so that nobody's own are changed, and they need
// no more than `sh`, `cat`, `mkdir`, `rm` and `tee`. They run under dash, bash and busybox.

/** What the supervisor would understand as meant for it, though it is meant for the script. */
const kept = 'LOG_LEVEL SCRIPT AWS_EXECUTION_ENV AWS_SDK_UA_APP_ID';

/** What a container's first process prints is the pod's log. Not everybody can open it in every place. */
const log = `OSCAR_SANDBOX_LOG=/proc/1/fd/1
(: >>"$OSCAR_SANDBOX_LOG") 2>/dev/null || OSCAR_SANDBOX_LOG=/dev/null`;

/** How the tasks of a service are told apart in its pods' logs and answers: the header of a call, and what it becomes. */
export const taskHeader = 'X-Oscar-Sandbox-Task';
const taskVariable = 'Http_X_Oscar_Sandbox_Task';

/** The variable that holds an event in the supervisor's words, where they are not those of whoever sent it. */
export const fedVariable = 'OSCAR_SANDBOX_EVENT';

/**
 * What the supervisor takes for the script: runs the user's, as the supervisor would, and keeps what only that shell
 * knows. `code` is the exit code, `output` what was printed, `files` the names below the output folder, and `end` says
 * what of it the answer is, and how many names there are.
 */
export const scriptLines = `set -- "$OSCAR_SANDBOX_RUN"
${log}
for OSCAR_SANDBOX_NAME in ${kept}; do
  unset "$OSCAR_SANDBOX_NAME"
  eval "[ \\"\\\${OSCAR_SANDBOX_KEPT_$OSCAR_SANDBOX_NAME+set}\\" ] && export $OSCAR_SANDBOX_NAME=\\"\\$OSCAR_SANDBOX_KEPT_$OSCAR_SANDBOX_NAME\\""
  unset "OSCAR_SANDBOX_KEPT_$OSCAR_SANDBOX_NAME"
done
unset OSCAR_SANDBOX_RUN ${fedVariable} ${taskVariable}
{
  /bin/sh ${places.config}/user-script
  echo $? >"$1/code"
} 2>&1 | tee -a "$1/output" "$OSCAR_SANDBOX_LOG"

count=0 named=0 form=output
newline='
'
list() {
  for file in "$1"/* "$1"/.[!.]* "$1"/..?*; do
    if [ -d "$file" ]; then
      [ -h "$file" ] || list "$file"
    elif [ -e "$file" ] || [ -h "$file" ]; then
      count=$((count + 1))
      case $file in
        *"$newline"*) ;;
        *) named=$((named + 1)); printf '%s\\n' "\${file#"$TMP_OUTPUT_DIR/"}" ;;
      esac
    fi
  done
}
list "$TMP_OUTPUT_DIR" >"$1/files"
# Of an object event the answer is always what was printed.
if [ -z "$STORAGE_OBJECT_KEY" ]; then
  case $count in 0) ;; 1) form='file' ;; *) form='archive' ;; esac
fi
echo "$form $named" >"$1/end"
`;

/**
 * `supervise.sh call|job <supervisor>`: runs the supervisor on one event, and ends with the script's exit code, or else
 * with the supervisor's own. A call's event comes on stdin and its answer goes to stdout; a job's is in the pod. The
 * pod's log gets what the script prints while it does, between the begin of the task and its end (see \`record.ts\`).
 */
export const superviseLines = `${log}
OSCAR_SANDBOX_TASK=\${${taskVariable}-}
[ "$1" = call ] || OSCAR_SANDBOX_TASK=$JOB_UUID
OSCAR_SANDBOX_RUN=\${TMPDIR:-/tmp}/oscar-sandbox-$$
rm -rf "$OSCAR_SANDBOX_RUN" && mkdir -m 700 "$OSCAR_SANDBOX_RUN" || exit 1
for OSCAR_SANDBOX_NAME in ${kept}; do
  eval "[ \\"\\\${$OSCAR_SANDBOX_NAME+set}\\" ] && export OSCAR_SANDBOX_KEPT_$OSCAR_SANDBOX_NAME=\\"\\$$OSCAR_SANDBOX_NAME\\""
  unset "$OSCAR_SANDBOX_NAME"
done
AWS_SDK_UA_APP_ID=${writerPrefix}$OSCAR_SERVICE_NAME
export OSCAR_SANDBOX_RUN AWS_SDK_UA_APP_ID

event() {
  if [ -d ${places.event} ]; then cat ${places.event}/*
  elif [ "\${${fedVariable}+set}" ]; then printf '%s' "$${fedVariable}"
  else printf '%s' "$EVENT"
  fi
}
record() {
  printf '\\036%s end %s %s %s\\n' "$OSCAR_SANDBOX_TASK" "$OSCAR_SANDBOX_CODE" "$OSCAR_SANDBOX_OWN" "$OSCAR_SANDBOX_END"
  [ ! -f "$OSCAR_SANDBOX_RUN/files" ] || cat "$OSCAR_SANDBOX_RUN/files"
}
[ -z "$OSCAR_SANDBOX_TASK" ] || printf '\\036%s begin\\n' "$OSCAR_SANDBOX_TASK" >>"$OSCAR_SANDBOX_LOG"
if [ "$1" = call ]; then
  LOG_LEVEL=CRITICAL "$2" >"$OSCAR_SANDBOX_RUN/answer" 2>"$OSCAR_SANDBOX_RUN/trouble"
  OSCAR_SANDBOX_OWN=$?
else
  # A pod that is to go ends with everything in it, at once.
  trap 'trap "" TERM; kill -TERM 0; kill -KILL 0; exit 143' TERM INT
  : >"$OSCAR_SANDBOX_RUN/trouble"
  # What the supervisor says of itself goes where the pod's log is: here.
  event | { "$2" 2>&3 3>&- >"$OSCAR_SANDBOX_RUN/answer"; } 3>&1 &
  wait $!
  OSCAR_SANDBOX_OWN=$?
fi
OSCAR_SANDBOX_CODE=- OSCAR_SANDBOX_END='output 0'
[ ! -f "$OSCAR_SANDBOX_RUN/code" ] || read -r OSCAR_SANDBOX_CODE <"$OSCAR_SANDBOX_RUN/code"
[ ! -f "$OSCAR_SANDBOX_RUN/end" ] || read -r OSCAR_SANDBOX_END <"$OSCAR_SANDBOX_RUN/end"
case $OSCAR_SANDBOX_CODE in 0 | -) ;; *) OSCAR_SANDBOX_END="output \${OSCAR_SANDBOX_END#* }" ;; esac
# What a supervisor that failed said is nobody's answer.
said() { cat "$OSCAR_SANDBOX_RUN/answer" "$OSCAR_SANDBOX_RUN/trouble"; }
[ "$OSCAR_SANDBOX_OWN" = 0 ] || said >>"$OSCAR_SANDBOX_LOG"
[ -z "$OSCAR_SANDBOX_TASK" ] || record >>"$OSCAR_SANDBOX_LOG"
if [ "$1" = call ]; then
  [ -z "$OSCAR_SANDBOX_TASK" ] || record
  case "$OSCAR_SANDBOX_CODE $OSCAR_SANDBOX_OWN \${OSCAR_SANDBOX_TASK:+framed}:\${OSCAR_SANDBOX_END% *}" in
    "0 0 framed:output" | [1-9]*) cat "$OSCAR_SANDBOX_RUN/output" ;;
    "0 0 "* | "- 0 "*) cat "$OSCAR_SANDBOX_RUN/answer" ;;
    *) said ;;
  esac
elif [ -w /dev/termination-log ]; then
  { [ "$OSCAR_SANDBOX_OWN" = 0 ] || said; echo "$OSCAR_SANDBOX_CODE $OSCAR_SANDBOX_OWN"; } >/dev/termination-log
fi
rm -rf "$OSCAR_SANDBOX_RUN"
case $OSCAR_SANDBOX_CODE in 0 | -) exit "$OSCAR_SANDBOX_OWN" ;; *) exit "$OSCAR_SANDBOX_CODE" ;; esac
`;

/**
 * The first process of a container that takes calls: the watchdog, but for how it ends. A watchdog that is told to go
 * waits for its `write_timeout`, and keeps its processors meanwhile; Knative tells it once the last call is answered.
 */
export const serveLines = `trap 'exit 0' TERM
${places.programs}/fwatchdog &
wait $!`;
