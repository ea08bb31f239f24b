import { describe, expect, it } from 'vitest';
import { follow } from '../../src/engine/exec.ts';

const environment = { PATH: process.env.PATH ?? '' };
const run = (script: string, more: Partial<Parameters<typeof follow>[1]> = {}) =>
  follow(['sh', '-c', script], { environment, timeoutMs: 20_000, ...more });

describe('a program that is followed', () => {
  it('is told line by line, both its outputs', async () => {
    const lines: string[] = [];
    const { ok, stdout, output } = await run('echo one; echo two >&2; echo three', {
      onLine: (line) => lines.push(line),
    });
    expect({ ok, stdout }).toEqual({ ok: true, stdout: 'one\nthree' });
    expect(lines.sort()).toEqual(['one', 'three', 'two']);
    expect(output.split('\n').sort()).toEqual(['one', 'three', 'two']);
  });

  it('that fails tells all that it has said', async () => {
    const { ok, output } = await run('echo first; echo second >&2; exit 3');
    expect(ok).toBe(false);
    expect(output).toMatch(/first[\s\S]*second/);
  });

  it('that is not there is a failure, not an exception', async () => {
    const { ok, output } = await follow(['no-such-program'], { environment, timeoutMs: 20_000 });
    expect(ok).toBe(false);
    expect(output).toContain('no-such-program');
  });

  it('is ended with those that it has started', async () => {
    const calling = new AbortController();
    let child = 0;
    const onLine = (line: string) => {
      child = Number(line);
      calling.abort();
    };
    const { ok } = await run('sleep 1000 & echo $!; wait', { onLine, signal: calling.signal });
    expect(ok).toBe(false);
    const isThere = () => {
      try {
        process.kill(child, 0);
        return true;
      } catch {
        return false;
      }
    };
    await expect.poll(isThere).toBe(false);
  });

  it('does not go on when it was called off before', async () => {
    const { ok, stdout } = await run('sleep 1000; echo never', { signal: AbortSignal.abort() });
    expect({ ok, stdout }).toEqual({ ok: false, stdout: '' });
  });
});
