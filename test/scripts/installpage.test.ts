import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunner, type Runner } from './pipeline.ts';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/install.md'), 'utf8');
const script = readFileSync(join(root, 'install.sh'), 'utf8');
const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text ?? '');
const first = (...words: string[]): string => blocks.find((text) => words.every((word) => text.includes(word))) ?? '';

describe('the page on installing', () => {
  it('tells every flag and variable of the script', () => {
    const usage = /^usage\(\) \{(.*?)^\}/ms.exec(script)?.[1] ?? '';
    const words = [...usage.matchAll(/--[a-z-]+|OSCAR_SANDBOX_\w+/g)].map(([word]) => word);
    expect(words).toContain('--no-start');
    expect(words.filter((word) => word !== '--help' && !page.includes(word))).toEqual([]);
  });

  it('tells every exit code of the script', () => {
    const codes = new Set([...script.matchAll(/\bdie (\d+) /g)].map(([, code]) => code));
    expect(codes.size).toBeGreaterThan(3);
    expect([...codes].filter((code) => !page.includes(`\n| ${code} | `))).toEqual([]);
  });

  describe('gives commands that work', () => {
    let runner: Runner;
    beforeEach(async () => {
      runner = await createRunner();
    });
    afterEach(() => runner.close());

    it('to install, to start and to remove', async () => {
      const ended = await runner.bash(first('| bash'));
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringContaining('The sandbox is up.') });
      const removed = await runner.bash(
        `"$HOME/.local/bin/${first('uninstall').replace(' uninstall', '" uninstall --yes')}`,
      );
      expect(removed.code).toBe(0);
      expect(runner.installed()).toBe(false);
    });

    it.skipIf(process.platform !== 'linux')('to check and unpack a program by hand', async () => {
      const name = `oscar-sandbox-${process.platform}-${process.arch}.gz`;
      const fetched = await runner.bash(
        `for file in SHA256SUMS ${name}; do curl -sSfO "$OSCAR_SANDBOX_BASE_URL/$file"; done`,
      );
      expect(fetched).toMatchObject({ code: 0 });
      const byHand = first('sha256sum', 'gzip -dc').replace('oscar-sandbox-linux-x64.gz', name);
      const ended = await runner.bash(byHand);
      expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/\.gz: OK\n\d+\.\d+\.\d+\n$/) });
    });
  });
});
