import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScene, errors, type Scene, tried } from './scene.ts';
import { type Serving, type ServingOptions, serve, type Trouble } from './serving.ts';
import { type Files, standInProgram, standInRelease, sumLine, targets } from './standin.ts';

let scene: Scene;
const servers: Serving[] = [];
beforeEach(() => {
  scene = createScene();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  scene.remove();
});

async function serving(files: Files, options: ServingOptions = {}): Promise<Serving> {
  const server = await serve((name) => files.get(name), options);
  servers.push(server);
  return server;
}

const target = `${process.platform}-${process.arch}`;
const program = `oscar-sandbox-${target}.gz`;
const release = (text = standInProgram('1.0.0')) => standInRelease(text);
const with_ = (files: Files, name: string, bytes: Uint8Array | string) => files.set(name, Buffer.from(bytes));
const sums = (files: Files) => String(files.get('SHA256SUMS'));
const nothing = 'hint: Nothing was installed.';
const again = 'hint: Nothing was installed. Try again; if it stays so, tell who keeps that address.';

/** A release whose program is these bytes, listed as they are. */
function releaseOf(bytes: Buffer): Files {
  const files: Files = new Map([[program, bytes]]);
  return files.set('SHA256SUMS', Buffer.from(sumLine(program, bytes)));
}

interface Case {
  files: Files;
  code: number;
  /** `BASE` stands for where the release is. */
  sentence: string | RegExp;
  troubles?: Record<string, Trouble>;
  args?: string[];
}

const failures: Record<string, Case> = {
  'a program that was changed on its way': {
    files: with_(release(), program, gzipSync('changed')),
    code: 10,
    sentence: RegExp(
      `^error: BASE/${program} is damaged: its checksum is [0-9a-f]{64}, not [0-9a-f]{64}\\.\\n${again.replace(/[.?]/g, '\\$&')}$`,
    ),
  },
  'checksums that are cut, though nobody noticed': {
    files: with_(release(), 'SHA256SUMS', sums(release()).slice(0, 90)),
    code: 10,
    sentence: `error: BASE/SHA256SUMS does not list ${program}, so it could not be checked.\n${nothing}`,
  },
  'checksums that are a page of a captive portal': {
    files: with_(release(), 'SHA256SUMS', '<html>Please log in</html>\n'),
    code: 10,
    sentence: `error: BASE/SHA256SUMS does not list ${program}, so it could not be checked.\n${nothing}`,
  },
  'two checksums for one file': {
    files: with_(release(), 'SHA256SUMS', `${sumLine(program, Buffer.from('other'))}${sums(release())}`),
    code: 10,
    sentence: `error: BASE/SHA256SUMS lists ${program} more than once, so it could not be checked.\n${nothing}`,
  },
  'checksums without end': {
    files: with_(release(), 'SHA256SUMS', `${sums(release())}${'#\n'.repeat(2_000_000)}`),
    code: 10,
    sentence: `error: BASE/SHA256SUMS is longer than such a file can be.\n${nothing}`,
  },
  'a release without a program for this machine': {
    files: with_(
      release(),
      'SHA256SUMS',
      targets
        .filter((name) => name !== target)
        .map((name) => sumLine(`oscar-sandbox-${name}.gz`, Buffer.from('')))
        .join(''),
    ),
    code: 7,
    sentence: `error: The release at BASE has no program for ${target}.\n${nothing}`,
  },
  'checksums that are not there': {
    files: new Map(),
    code: 7,
    sentence: `error: BASE/SHA256SUMS could not be downloaded.\n${nothing}`,
  },
  'a version that is not there': {
    files: new Map(),
    code: 7,
    sentence: 'error: BASE/SHA256SUMS could not be downloaded.\nhint: Is there a release 9.9.9? Nothing was installed.',
    args: ['--version', '9.9.9'],
  },
  'a program that is not there': {
    files: new Map([...release()].filter(([name]) => name === 'SHA256SUMS')),
    code: 7,
    sentence: `error: BASE/${program} could not be downloaded.\n${nothing}`,
  },
  'checksums that are cut time after time': {
    files: release(),
    code: 7,
    sentence: `error: BASE/SHA256SUMS could not be downloaded.\n${nothing}`,
    troubles: { SHA256SUMS: 'cut' },
  },
  'a program that is cut time after time': {
    files: release(),
    code: 7,
    sentence: `error: BASE/${program} could not be downloaded.\n${nothing}`,
    troubles: { [program]: 'cut' },
  },
  'a program that is elsewhere, where there is no https': {
    files: release(),
    code: 7,
    sentence: `error: BASE/${program} could not be downloaded.\n${nothing}`,
    troubles: { [program]: { redirect: 'http://127.0.0.1:9/other' } },
  },
  'a program that cannot be unpacked': {
    files: releaseOf(gzipSync(standInProgram('1.0.0')).subarray(0, 200)),
    code: 10,
    sentence: `error: BASE/${program} is damaged: it cannot be unpacked.`,
  },
  'a program that does not run': {
    files: release('#!/bin/sh\necho "Illegal instruction" >&2\nexit 132\n'),
    code: 10,
    sentence: `error: What arrived from BASE does not run here (exit code 132).\n${nothing}`,
  },
  'another program': {
    files: release('#!/bin/sh\necho hello\n'),
    code: 10,
    sentence: `error: What arrived from BASE is another program.\n${nothing}`,
  },
  'a program that lacks a library': {
    files: release('#!/bin/sh\necho "error while loading shared libraries: libstdc++.so.6" >&2\nexit 127\n'),
    code: 9,
    sentence: 'error: This system lacks a library that the program needs.\nhint: Install it, then run this again.',
  },
  'another version than was asked for': {
    files: release(),
    code: 7,
    sentence: `error: BASE has version 1.0.0, not 1.0.1.\n${nothing}`,
    args: ['--version=1.0.1'],
  },
};

describe.each(tried(['curl', 'wget']))('with %s', (loader) => {
  const other = loader === 'curl' ? 'wget' : 'curl';

  it.each(Object.entries(failures))(
    '%s leaves nothing behind',
    async (_, { files, troubles, code, sentence, args }) => {
      const { base } = await serving(files, { troubles });
      const ended = await scene.install(base, { args, without: [other] });
      const said = errors(ended).replaceAll(base, 'BASE');
      expect(said).toEqual(typeof sentence === 'string' ? sentence : expect.stringMatching(sentence));
      expect([ended.code, ended.stdout]).toEqual([code, '']);
      expect(scene.listing()).toEqual([]);
    },
  );

  it('what fails leaves what was there before as it was', async () => {
    const [good, bad] = [release(), failures['a program that was changed on its way']?.files ?? new Map()];
    const { base } = await serving(good);
    expect(await scene.install(base, { without: [other] })).toMatchObject({ code: 0 });
    const before = scene.listing();
    const { base: damaged } = await serving(bad);
    expect(await scene.install(damaged, { without: [other] })).toMatchObject({ code: 10 });
    expect(scene.listing()).toEqual(before);
  });

  it('a name that looks alike is another one', async () => {
    const like = sumLine(program.replace('.gz', '-gz'), Buffer.from('other'));
    const { base } = await serving(with_(release(), 'SHA256SUMS', `${like}${sums(release())}`));
    expect(await scene.install(base, { args: ['--no-start'], without: [other] })).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('a download that is cut once is begun again', async () => {
    const server = await serving(release(), { troubles: { [program]: 'cut-once' } });
    expect(await scene.install(server.base, { args: ['--no-start'], without: [other] })).toMatchObject({ code: 0 });
    expect(server.asked).toEqual(['SHA256SUMS', program, program]);
  });

  it('nobody at the address is told', async () => {
    const server = await serve(() => undefined);
    await server.close();
    const ended = await scene.install(server.base, { without: [other] });
    expect([ended.code, errors(ended)]).toEqual([
      7,
      `error: ${server.base}/SHA256SUMS could not be downloaded.\n${nothing}`,
    ]);
    expect(ended.stderr).toContain(`${loader}: `);
    expect(scene.listing()).toEqual([]);
  });

  // The tool that makes certificates is not everywhere.
  describe.each(tried(['openssl']))('over https (%s)', () => {
    it.each<[string, (open: string, safe: string) => string, number]>([
      ['a file that is elsewhere is fetched there', (_, safe) => safe, 0],
      ['nothing leads back to an address without it', (open) => open, 7],
    ])('%s', async (_, choose, code) => {
      const identity = certificateIn(scene.root);
      const [open, safe] = [await serving(release()), await serving(release(), { identity: identity.parts })];
      const redirect = `${choose(open.base, safe.base)}/${program}`;
      const { base } = await serving(release(), { identity: identity.parts, troubles: { [program]: { redirect } } });
      const env = { CURL_CA_BUNDLE: identity.file, WGETRC: identity.wgetrc };
      const ended = await scene.install(base, { args: ['--no-start'], env, without: [other] });
      expect([errors(ended).split('\n')[0], ended.code]).toEqual([
        code === 0 ? '' : `error: ${base}/${program} could not be downloaded.`,
        code,
      ]);
      expect(scene.listing().length > 0).toBe(code === 0);
    });
  });
});

/** A certificate for 127.0.0.1, and what makes curl and wget trust it. */
function certificateIn(folder: string) {
  const [key, file, wgetrc] = [join(folder, 'key'), join(folder, 'cert'), join(folder, 'wgetrc')];
  const words = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=here';
  const made = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', file];
  execFileSync('openssl', [...words.split(' '), ...made], { stdio: 'pipe' });
  writeFileSync(wgetrc, `ca_certificate = ${file}\n`);
  return {
    parts: { key: readFileSync(key, 'utf8'), cert: readFileSync(file, 'utf8') },
    file,
    wgetrc,
  };
}
