import { countKills, type Manners, opening, scriptIn } from '../agentscript.ts';

/**
 * The first process of a job's container: reads one line, `<nonce> <folder>`, and runs that task.
 *
 * stdout: what the task printed, then its end: a record separator, `<nonce> <exit code> <processes it left running>
 * <processes that were killed because its memory was used up>`, a newline.
 *
 * All on one stream, so that the engine's log tells the whole story to whoever takes the job up again. The output passes
 * through `cat`, as that of warm shells does. The container ends with the script's exit code.
 */
export const jobScript = (manners: Omit<Manners, 'enters' | 'counts'>): string => `read -r nonce folder || exit 0
exec 4>&1
code=$(
  {
    {
      ${scriptIn({ enters: false })} 3>&- 4>&-
      printf '%s' $? >&3
    } | LC_ALL=C cat >&4 2>/dev/null 3>&-
  } 3>&1
)
${opening(manners)}
    ${countKills}
set -- /proc/[0-9]*
printf '\\036%s %s %s %s\\n' "$nonce" "\${code:-137}" "$(($# - 1))" "$kills"
exit "\${code:-137}"
`;

/** The bytes that begin the end of the task with this nonce. */
export const jobEnd = (nonce: string): Buffer => Buffer.from(`\x1e${nonce} `);
