import { createInterface } from 'node:readline/promises';
import { SandboxError } from '../model/errors.ts';

/** Asks on the terminal whether to do what cannot be undone; without one, `--yes` has to be said. */
export async function agreed(what: string, why = 'This removes data'): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new SandboxError('invalid', `${why}, and there is no terminal to ask on.`, {
      hint: 'Say --yes if you mean it.',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    terminal.close();
  }
}
