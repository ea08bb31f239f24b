/**
 * The warm shell: stays in the place where tasks run and starts them, one after the other.
 *
 * stdin:  `go`, then one line a task: `run <nonce> <folder>`. Its end ends everything in the process group.
 * stdout: what the task printed, then the end mark (a record separator, the nonce, a newline).
 * stderr: `<nonce> exit <code>`, then `<nonce> end`.
 *
 * It waits for `go` because a process is put under its limits before it forks. A process of its own reads stdin, so
 * that its end is noticed while a task runs. The task's output passes through `cat`: only when everybody who could
 * still print has closed the pipe is the task over. The script can reach neither the control stream (closed for it)
 * nor the nonce (never exported). A shell that only waits for the one that runs the tasks ends everything when that one
 * is killed, and so does a `cat` that is: nobody would tell of the task's end, or not all that it printed. POSIX only:
 * it runs under dash, bash and busybox.
 */
export const agentScript = `read -r go
{
  while read -r line; do printf '%s\\n' "$line"; done
  kill -9 0
} | {
  ( while read -r verb nonce folder; do
    {
      ( cd "$folder/work" && . "$folder/env" && exec /bin/sh "$folder/script.sh" ) </dev/null 2>&1 3>&-
      printf '%s exit %s\\n' "$nonce" $? >&3
    } 3>&2 | LC_ALL=C cat 2>/dev/null || kill -9 0
    printf '\\036%s\\n' "$nonce"
    printf '%s end\\n' "$nonce" >&2
  done )
  kill -9 0
}
`;

/** The bytes that end the output of the task with this nonce. */
export const endMark = (nonce: string): Buffer => Buffer.from(`\x1e${nonce}\n`);

/** How many processes the warm shell consists of while it runs nothing: more are what its tasks left behind. */
export const agentProcesses = 4;
