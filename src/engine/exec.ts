/** How a program ended that was waited for. */
export type Ran = { ok: true; stdout: string } | { ok: false; message: string };

export interface ExecOptions {
  /** All that the program gets to see of the environment. */
  environment: Record<string, string>;
  timeoutMs: number;
  /** What it can read. */
  input?: string;
}

/** Runs a program without a shell and waits for its end; a failure tells the last line of what it said. */
export async function exec(command: string[], { environment, timeoutMs, input }: ExecOptions): Promise<Ran> {
  const { execa } = await import('execa');
  const [program = '', ...args] = command;
  const options = { env: environment, extendEnv: false, timeout: timeoutMs, reject: false } as const;
  const ran = await execa(program, args, input === undefined ? options : { ...options, input });
  const { failed, timedOut, stdout, stderr, originalMessage, exitCode } = ran;
  if (!failed) return { ok: true, stdout };
  if (timedOut) return { ok: false, message: `it did not end within ${timeoutMs / 1000} s` };
  return { ok: false, message: lastLine(stderr) || lastLine(stdout) || (originalMessage ?? `exit code ${exitCode}`) };
}

const lastLine = (text: string): string => text.trim().split('\n').pop() ?? '';
