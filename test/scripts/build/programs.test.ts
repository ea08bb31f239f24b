import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fetchBase } from '../../../scripts/build/bases.ts';
import { demandFloor } from '../../../scripts/build/floor.ts';
import { readMachO } from '../../../scripts/build/macho/layout.ts';
import { signed } from '../../../scripts/build/macho/sign.ts';
import { findings } from '../../../scripts/build/macho/verify.ts';
import { releaseFolder } from '../../../scripts/build/release.ts';
import { dist, type Target, targets } from '../../../scripts/build/targets.ts';

const required = process.env.OSCAR_SANDBOX_REQUIRE === 'all';
const of = (platform: Target['platform']) => targets.filter((one) => one.platform === platform);
const program = ({ name }: Target) => join(releaseFolder, `oscar-sandbox-${name}`);

describe.each(of('darwin'))('the Node.js for $name', ({ name, base, cpu }) => {
  const there = required || existsSync(join(dist, 'build/node', `${base.name}-${base.version}`));
  const title = there ? '' : ' (skipped: it is fetched by npm run build -- --all)';
  const read = () => readFileSync(join(fetchBase(base), 'bin/node'));

  it.skipIf(!there)(`bears its maker's signature, which is found whole${title}`, () => {
    const bytes = read();
    expect(readMachO(bytes)).toMatchObject({ cpu, kind: 'program', minimum: '13.5' });
    expect(findings(bytes)).toEqual([]);
  });

  it.skipIf(!there)(`and one changed byte of it is found${title}`, () => {
    const bytes = read();
    const page = 12_345;
    bytes.writeUInt8(bytes.readUInt8(page * 4096 + 7) ^ 1, page * 4096 + 7);
    expect(findings(bytes), name).toEqual([`Page ${page} is not what was signed (sha256).`]);
  });

  it.skipIf(!there)(`is whole with a signature of ours, too${title}`, () =>
    expect(findings(signed(read(), 'oscar-sandbox'))).toEqual([]),
  );
});

describe.each(of('darwin'))('the program for $name', (target) => {
  const there = required || existsSync(program(target));
  const title = there ? '' : ' (skipped: npm run build -- --all makes it)';

  it.skipIf(!there)(`is signed, and is found whole${title}`, () => {
    const bytes = readFileSync(program(target));
    expect(readMachO(bytes)).toMatchObject({ cpu: target.cpu, kind: 'program', minimum: '13.5' });
    expect(findings(bytes)).toEqual([]);
    expect(signed(bytes, 'oscar-sandbox').equals(bytes)).toBe(true);
  });
});

describe.each(of('linux'))('the program for $name', (target) => {
  const there = required || existsSync(program(target));
  const title = there ? '' : ' (skipped: npm run build -- --all makes it)';

  it.skipIf(!there)(`asks for no more than glibc 2.34${title}`, () =>
    expect(demandFloor(program(target), target.cpu)).toBeUndefined(),
  );
});
