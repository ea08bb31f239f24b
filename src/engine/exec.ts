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

export interface FollowOptions extends Omit<ExecOptions, 'input'> {
  /** Each line of both its outputs as it comes. */
  onLine?(line: string): void;
  /** Ends it, and the programs that it has started. */
  signal?: AbortSignal;
}

/** How a program ended, and all that it said. */
export interface Followed {
  ok: boolean;
  /** Its output proper. */
  stdout: string;
  /** Both outputs, in the order in which they came. */
  output: string;
}

/** Runs a program without a shell, tells its lines as they come, and waits for its end. */
export async function follow(command: string[], options: FollowOptions): Promise<Followed> {
  const { environment, timeoutMs, onLine, signal } = options;
  const { execa } = await import('execa');
  const [program = '', ...args] = command;
  const running = execa(program, args, {
    env: environment,
    extendEnv: false,
    timeout: timeoutMs,
    reject: false,
    all: true,
    stdin: 'ignore',
    // A group of its own, which can be ended as one.
    detached: true,
  });
  const end = () => running.pid !== undefined && endGroup(running.pid);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  const telling = (async () => {
    for await (const line of running.iterable({ from: 'all' })) onLine?.(String(line));
  })().catch(() => undefined);
  const { failed, timedOut, stdout, all, originalMessage } = await running;
  await telling;
  signal?.removeEventListener('abort', end);
  const why = timedOut ? `it did not end within ${timeoutMs / 1000} s` : (originalMessage ?? '');
  return { ok: !failed, stdout, output: failed ? `${all}\n${why}`.trim() : all };
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGTERM');
  } catch (error) {
    // It has ended just now.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
