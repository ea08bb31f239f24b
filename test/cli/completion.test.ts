import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/commands.ts';
import { createHome } from './drive.ts';

let home: ReturnType<typeof createHome>;
beforeAll(() => {
  home = createHome();
});
afterAll(() => home.remove());

const script = async (shell: string) => (await home.drive(['completion', shell])).stdout;
const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

/** What bash offers for the last of these words. */
async function offered(...words: string[]): Promise<string[]> {
  const press = [
    await script('bash'),
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length - 1}`,
    '_oscar_sandbox',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash expands it.
    'printf "%s\\n" "${COMPREPLY[@]}"',
  ].join('\n');
  return execFileSync('bash', ['-c', press], { encoding: 'utf8' }).split('\n').filter(Boolean);
}

describe.skipIf(!has('bash'))('bash offers', () => {
  const rows: [words: string[], offers: string[]][] = [
    [['oscar-sandbox', 'st'], ['status']],
    [['oscar-sandbox', '--data-dir', 'x', 'cre'], ['credentials']],
    [['oscar-sandbox', 'up', '--s3'], ['--s3-port']],
    [['oscar-sandbox', 'logs', 'echo', '--f'], ['--follow']],
    [
      ['oscar-sandbox', 'completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['oscar-sandbox', 'put', 'fi'], []],
  ];
  it.each(rows)('%j → %j', async (words, offers) => expect(await offered(...words)).toEqual(offers));

  it('every command at the start', async () => {
    const names = commands.filter(({ hidden }) => !hidden).map(({ name }) => name);
    expect(await offered('oscar-sandbox', '')).toEqual(expect.arrayContaining(names));
  });
});

const reads: [shell: string, args: string[]][] = [
  ['bash', ['-n']],
  ['zsh', ['-n']],
  ['fish', ['--no-execute']],
];
for (const [shell, args] of reads) {
  it.skipIf(!has(shell))(`${shell} can read its completion script`, async () => {
    const file = join(home.home, `completion.${shell}`);
    writeFileSync(file, await script(shell));
    const read = spawnSync(shell, [...args, file], { encoding: 'utf8' });
    expect([read.stderr, read.status]).toEqual(['', 0]);
  });
}

it.each(['bash', 'zsh', 'fish'])('the completion of %s names each command and flag', async (shell) => {
  const text = await script(shell);
  const names = commands
    .filter(({ hidden }) => !hidden)
    .flatMap(({ name, flags }) => [name, ...flags.map((f) => f.name)]);
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
});
