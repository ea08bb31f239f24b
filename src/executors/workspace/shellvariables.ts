/** The variables of a task as shell text, and what had to be left out. */
export interface ShellVariables {
  text: string;
  /** Sentences for the log. */
  leftOut: string[];
}

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
// Assigning one of these ends some shells on the spot.
const KEPT_BY_SHELL = new Set(['BASHOPTS', 'BASH_VERSINFO', 'EUID', 'OPTIND', 'PPID', 'SHELLOPTS', 'UID']);
// Linux starts no program with a longer variable, name and `=` included.
const MAX_BYTES = 128 * 1024 - 1;

const quote = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

function objection(name: string, value: string): string | undefined {
  if (!IDENTIFIER.test(name)) return 'its name is not one that a shell can export';
  if (KEPT_BY_SHELL.has(name)) return 'the shell keeps this name for itself';
  if (value.includes('\0')) return 'it contains a NUL byte';
  if (Buffer.byteLength(`${name}=${value}`) > MAX_BYTES)
    return 'it is longer than 128 KiB, the most a variable can hold';
  return undefined;
}

/** `export NAME='…'`, a line each; what no shell could export is left out and said. */
export function shellVariables(variables: Record<string, string>): ShellVariables {
  const lines: string[] = [];
  const leftOut: string[] = [];
  for (const [name, value] of Object.entries(variables)) {
    const reason = objection(name, value);
    if (reason) leftOut.push(`The variable ${name} is left out: ${reason}.`);
    else lines.push(`export ${name}=${quote(value)}\n`);
  }
  return { text: lines.join(''), leftOut };
}
