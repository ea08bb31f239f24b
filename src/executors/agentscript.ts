/** What is done around a script in the place where it runs. */
export interface Manners {
  /** It runs in the task's own folder `work`, else where the shell was started. */
  enters: boolean;
  /** What it made is opened to everybody: whoever removes it may be another user. */
  opens: boolean;
  /**
   * The shell is the first of a container's processes: it counts what is told at the end, and removes what copies of
   * files an earlier task left beside the folder of this one.
   */
  counts: boolean;
}

/** Runs the script of the task in `$folder`; its own variables may be called as ours are. */
export const scriptIn = ({ enters }: Pick<Manners, 'enters'>): string =>
  `( set -- "$folder"; ${enters ? 'cd "$1/work" && ' : ''}. "$1/env" && exec /bin/sh "$1/script.sh" ) </dev/null 2>&1`;

/** Opens what the script made: not the folders it was given, which may not be its user's to change. */
export const opening = ({ opens }: Pick<Manners, 'opens'>): string =>
  opens ? 'chmod -R a+rwX "$folder"/*/* "$folder"/*/.[!.]* 2>/dev/null' : ':';

/** Sets `$kills`: as the kernel counts them for this container, in control groups of either version. */
export const countKills = `kills=
    for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
      [ -r "$file" ] && while read -r key value; do [ "$key" = oom_kill ] && kills=$value; done <"$file"
    done`;

const clearing = `for old in "\${folder%/*}"/*; do [ "$old" = "$folder" ] || rm -rf "$old" 2>/dev/null; done`;

const counted = `${countKills}
    set -- /proc/[0-9]*
    left=0; [ "$*" = "$own" ] || left=1
    printf '%s end %s %s\\n' "$nonce" "$left" "$kills" >&2`;

/**
 * The warm shell: stays in the place where tasks run and starts them, one after the other.
 *
 * stdin:  `go`, then one line a task: `run <nonce> <folder>`. Its end ends everything in the process group.
 * stdout: what the task printed, then the end mark (a record separator, the nonce, a newline).
 * stderr: `<nonce> exit <code>`, then `<nonce> end`, in a container with 0 when its processes are those of this shell
 *         again, and how many were killed in it so far because its memory was used up.
 *
 * It waits for `go` because a process is put under its limits before it forks. A process of its own reads stdin, so
 * that its end is noticed while a task runs. The task's output passes through `cat`: only when everybody who could
 * still print has closed the pipe is the task over. The script can reach neither the control stream (closed for it)
 * nor the nonce (never exported). A shell that only waits for the one that runs the tasks ends everything when that one
 * is killed, and so does a `cat` that is: nobody would tell of the task's end, or not all that it printed. POSIX only:
 * it runs under dash, bash and busybox.
 */
export const warmScript = (manners: Manners): string => `read -r go
{
  while read -r line; do printf '%s\\n' "$line"; done
  kill -9 0
} | {
  ( ${manners.counts ? 'set -- /proc/[0-9]*; own=$*' : ':'}
  while read -r verb nonce folder; do
    ${manners.counts ? clearing : ':'}
    {
      ${scriptIn(manners)} 3>&-
      printf '%s exit %s\\n' "$nonce" $? >&3
    } 3>&2 | LC_ALL=C cat 2>/dev/null || kill -9 0
    ${opening(manners)}
    printf '\\036%s\\n' "$nonce"
    ${manners.counts ? counted : `printf '%s end\\n' "$nonce" >&2`}
  done )
  kill -9 0
}
`;

/** The same on this machine. */
export const agentScript = warmScript({ enters: true, opens: false, counts: false });

/** The bytes that end the output of the task with this nonce. */
export const endMark = (nonce: string): Buffer => Buffer.from(`\x1e${nonce}\n`);

/** How many processes the warm shell consists of while it runs nothing: more are what its tasks left behind. */
export const agentProcesses = 4;
