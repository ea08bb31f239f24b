import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRunner, type Runner } from './pipeline.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/autostart.md'), 'utf8');
const block = (language: string, title: string): string => {
  const section = page.split(/^## /m).find((text) => text.startsWith(title)) ?? '';
  const [, text] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(section) ?? [];
  if (!text) throw new Error(`There is no ${language} under ${title}.`);
  return text;
};

let runner: Runner;
beforeEach(async () => {
  runner = await createRunner();
  const install = 'sh "$HOME/install.sh" --no-start && mv services "$HOME/services"';
  expect(
    await runner.bash(`curl -sSfo "$HOME/install.sh" "$OSCAR_SANDBOX_BASE_URL/install.sh"; ${install}`),
  ).toMatchObject({
    code: 0,
  });
});
afterEach(() => runner.close());

const program = '"$HOME/.local/bin/oscar-sandbox"';
/** Who runs, and how many services there are once the folder is served. */
async function running(): Promise<{ pid: number; services: number }> {
  await expect.poll(async () => (await runner.bash(`${program} services`)).stdout).toContain('echo');
  return JSON.parse((await runner.bash(`${program} status --json`)).stdout);
}

describe('the sandbox is started', () => {
  it('by the shell at login, once however often that is', async () => {
    expect(await runner.bash(block('sh', 'At login, by the shell'))).toMatchObject({ code: 0 });
    const login = () => runner.bash('sh -c \'. "$HOME/.profile"\'');
    expect(await login()).toEqual({ code: 0, stdout: '', stderr: '' });
    const { pid } = await running();
    expect(await login()).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await running()).pid).toBe(pid);
  });

  it('by the desktop at login', async () => {
    expect(await runner.bash(block('sh', 'At login, by the desktop'))).toMatchObject({ code: 0 });
    const { stdout: entry } = await runner.bash('cat "$HOME/.config/autostart/oscar-sandbox.desktop"');
    const [heading, ...keys] = entry.trim().split('\n');
    expect([heading, ...keys.map((key) => key.split('=')[0])]).toEqual(['[Desktop Entry]', 'Type', 'Name', 'Exec']);
    const [, command = ''] = /^Exec=(.*)$/m.exec(entry) ?? [];
    // A desktop starts it without a shell: nothing is left for one to put in.
    expect(command).not.toMatch(/[$`~]/);
    expect(await runner.bash(command)).toMatchObject({ code: 0 });
    expect(await running()).toMatchObject({ services: 1 });
  });

  it('by cron when the machine starts', async () => {
    const [, command = ''] = /^@reboot (.*)$/m.exec(block('crontab', 'When the machine starts')) ?? [];
    // cron gives no more than the first four; the others keep tests out of each other's way.
    const given = 'HOME="$HOME" LOGNAME=ada SHELL=/bin/sh PATH=/usr/bin:/bin DOCKER_HOST="$DOCKER_HOST"';
    const ports = 'OSCAR_SANDBOX_PORT=0 OSCAR_SANDBOX_S3_PORT=0 OSCAR_SANDBOX_EXPOSED_PORT=0';
    const cron = `env -i ${given} ${ports} /bin/sh -c "$COMMAND"`;
    expect(await runner.bash(cron, { COMMAND: command })).toMatchObject({ code: 0 });
    expect(await running()).toMatchObject({ services: 1 });
  });

  it('by a script in the login items of macOS', async () => {
    const written = await runner.bash(`${block('zsh', 'At login, by macOS')}"$HOME/oscar-sandbox.command"`);
    expect(written).toMatchObject({ code: 0 });
    expect(await running()).toMatchObject({ services: 1 });
  });
});

it('a second start says that one runs, and is no failure', async () => {
  const up = `${program} up "$HOME/services" --detach`;
  expect(await runner.bash(up)).toMatchObject({ code: 0, stderr: '' });
  expect(await runner.bash(up)).toMatchObject({ code: 0, stderr: 'It is running already.\n' });
});
