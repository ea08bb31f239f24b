import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gzip } from '../../scripts/build/archive.ts';
import { bundle } from '../../scripts/build/bundle.ts';
import { sign } from '../../scripts/build/macho/sign.ts';
import { packNpm } from '../../scripts/build/npm.ts';
import { makeProgram } from '../../scripts/build/program.ts';
import { sums } from '../../scripts/build/release.ts';
import { host, type Target, targets } from '../../scripts/build/targets.ts';
import { shippedFile, shippedFiles } from '../../src/shipped.ts';
import { isMade, programOf, releaseFolder } from '../release.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sandbox-again-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

// This machine's own has a code cache, which is another one each time.
describe.each(targets.filter((one) => one !== host))('the program for $name', (target: Target) => {
  const there = isMade(target);
  const title = there ? '' : ' (skipped: it is not made; npm run build -- --all makes it)';

  it.skipIf(!there)(`made once more is the same, and so is its archive${title}`, { timeout: 240_000 }, async () => {
    const files = new Map(shippedFiles('templates').map((name) => [name, shippedFile(name)]));
    const again = join(folder, basename(programOf(target)));
    makeProgram(target, { code: (await bundle()).code, files }, again);
    if (target.platform === 'darwin') sign(again, 'oscar-sandbox');
    expect(hash(again)).toBe(hash(programOf(target)));
    // One for all: it is the slowest part, and does not look at what is in a file.
    if (target.platform === 'linux') expect(hash(await gzip(again))).toBe(hash(`${programOf(target)}.gz`));
  });
});

describe('the npm package', () => {
  it('packed once more is the same', () => {
    const name = packNpm(folder);
    expect(hash(join(folder, name))).toBe(hash(join(releaseFolder(), name)));
  });
});

it('what the release says of its files holds', () => {
  const lines = sums(releaseFolder()).split('\n');
  const others = lines.filter((line) => !line.endsWith(' SHA256SUMS'));
  expect(readFileSync(join(releaseFolder(), 'SHA256SUMS'), 'utf8')).toBe(others.join('\n'));
});
