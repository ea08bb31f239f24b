import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { main } from '../words.ts';

const root = join(import.meta.dirname, '../..');

/** The files that the program loads for these arguments: those of src, and of each package its name. */
function loaded(...args: string[]): string[] {
  const spy = `
    import { registerHooks } from 'node:module';
    registerHooks({ load: (url, context, next) => { process.stderr.write('loads ' + url + '\\n'); return next(url, context); } });`;
  const preload = `data:text/javascript,${encodeURIComponent(spy)}`;
  const { stderr } = spawnSync(process.execPath, ['--import', preload, main, ...args], { encoding: 'utf8' });
  const files = [...stderr.matchAll(/^loads file:\/\/(.*)$/gm)].map(([, file = '']) => file.slice(root.length + 1));
  return [...new Set(files.map((file) => /^node_modules\/((@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? file))].sort();
}

it('the version is answered without loading anything but the argument parser', () => {
  expect(loaded('--version')).toEqual([
    'commander',
    'package.json',
    'src/api/protocol.ts',
    'src/cli/cli.ts',
    'src/cli/commands.ts',
    'src/cli/flags.ts',
    'src/cli/output.ts',
    'src/cli/parser.ts',
    'src/config.ts',
    'src/main.ts',
    'src/model/errors.ts',
    'src/model/quantity.ts',
    'src/shipped.ts',
  ]);
});

const light = ['status', 'services', 'run x', 'put a b/c'];
it.each(light)('%s loads no package of the daemon', (command) => {
  const packages = loaded(...command.split(' '), '--data-dir', '/nowhere').filter((file) => !file.includes('.'));
  expect(packages).toEqual(['commander']);
});
