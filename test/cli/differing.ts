import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHome } from './drive.ts';

/** What `diff --json` tells. */
export interface Told {
  service: string;
  how: string;
  same: boolean;
  rows: {
    what: string;
    same?: boolean;
    findings: { executor: string; name?: string; text: string; lines?: string[] }[];
  }[];
  executors: {
    executor: string;
    state: string;
    exitCode?: number;
    reason?: string;
    seconds?: number;
    outputs: { name: string; size: number; sha256: string }[];
    response?: { name: string; size: number; sha256: string }[];
    log: string[];
    remarks?: string;
  }[];
  notes: string[];
}

/** A service of an FDL file; `more` is YAML of its own, a line each. */
export interface Written {
  name: string;
  script: string;
  image?: string;
  more?: string[];
}

/** A home in which services are written, and temporary folders can be seen. */
export function createScene() {
  const home = createHome();
  const folder = join(home.home, 'services');
  const temporary = join(home.home, 'tmp');
  for (const one of [folder, temporary]) mkdirSync(one);
  const env = { TMPDIR: temporary, ...(process.env.DOCKER_HOST ? { DOCKER_HOST: process.env.DOCKER_HOST } : {}) };
  return {
    ...home,
    folder,
    temporary,
    env,
    /** Writes the service and answers the path of its FDL file. */
    write: ({ name, script, image = 'busybox', more = [] }: Written): string => {
      const lines = [`name: ${name}`, `image: ${image}`, 'memory: 64Mi', "cpu: '0.5'", `script: ${name}.sh`, ...more];
      const file = join(folder, `${name}.yaml`);
      writeFileSync(join(folder, `${name}.sh`), script);
      writeFileSync(file, `functions:\n  oscar:\n  - here:\n${lines.map((line) => `      ${line}\n`).join('')}`);
      return file;
    },
    diff: (args: string[], stdin?: string | Buffer) =>
      home.drive(['diff', ...args], { env, ...(stdin === undefined ? {} : { stdin }) }),
    /** What was not taken away. */
    left: () => readdirSync(temporary).filter((name) => name.startsWith('oscar-sandbox-')),
  };
}

/** A folder of the platform's own store, as one line of YAML. */
export const folderOf = (kind: 'input' | 'output', path: string): string =>
  `${kind}: [{ storage_provider: minio.default, path: ${path} }]`;

/** What differs, as words. */
export const differing = ({ rows }: Told): string[] =>
  rows.filter(({ same }) => same === false).map(({ what }) => what);
