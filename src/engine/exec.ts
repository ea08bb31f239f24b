/** How a program ended that was waited for. */
export type Ran = { ok: true; stdout: string } | { ok: false; message: string };

export interface ExecOptions {
  /** All that the program gets to see of the environment. */
  environment: Record<string, string>;
  timeoutMs: number;
}

/** Runs a program without a shell and waits for its end; a failure tells the last line of what it said. */
export async function exec(command: string[], { environment, timeoutMs }: ExecOptions): Promise<Ran> {
  const { execa } = await import('execa');
  const [program = '', ...args] = command;
  const options = { env: environment, extendEnv: false, timeout: timeoutMs, reject: false } as const;
  const { failed, stdout, stderr, originalMessage, exitCode } = await execa(program, args, options);
  if (!failed) return { ok: true, stdout };
  return { ok: false, message: stderr.trim().split('\n').pop() || (originalMessage ?? `exit code ${exitCode}`) };
}
