import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';
import { root } from './targets.ts';

export interface Bundle {
  /** The whole program as one CommonJS file. */
  code: Buffer;
  /** The files that went into it, relative to the root, as esbuild tells of them. */
  inputs: Metafile['inputs'];
}

// dockerode brings the first four for BuildKit's builds and for ssh: nothing here builds, and ssh addresses are refused.
// express brings the last for bodies in the encodings of the nineties, which it is never asked to read.
const unused = ['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'ssh2', 'iconv-lite'];

/** What is asked for and not there: whoever uses it all the same is told. */
const leftOut: Plugin = {
  name: 'left out',
  setup: ({ onResolve, onLoad }) => {
    onResolve({ filter: /^[^.]/ }, ({ path }) => (unused.includes(path) ? { path, namespace: 'left-out' } : undefined));
    // What a module exports is read where it is loaded, used or not.
    onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path }) => ({
      contents: `function gone() { throw new Error(${JSON.stringify(`${path} is not part of this program.`)}); }
        module.exports = new Proxy({}, { get: () => gone });`,
    }));
  },
};

/** Makes the program out of its sources: everything but what is native and what is no code. */
export async function bundle(): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile: 'oscar-sandbox.cjs',
    write: false,
    metafile: true,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22.14',
    define: { 'import.meta.dirname': '__dirname', 'import.meta.filename': '__filename' },
    // Names stay, for the sake of errors; and an error's line must not be a megabyte.
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 200,
    legalComments: 'none',
    plugins: [leftOut],
    logLevel: 'warning',
  });
  const [file] = outputFiles;
  if (!file) throw new Error('Nothing was bundled.');
  // With one other character, the engine keeps two bytes for each.
  const odd = /[^\0-\x7f]/.exec(file.text);
  if (odd) throw new Error(`The bundle is not plain ASCII: …${file.text.slice(odd.index - 60, odd.index + 20)}…`);
  return { code: Buffer.from(file.contents), inputs: metafile.inputs };
}

/** The native part of SQLite for a system and processor. */
export const sqlite = (name: string): Buffer =>
  readFileSync(join(root, 'node_modules/better-sqlite3/prebuilds', `${name}.node`));
