import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { docker } from '../docker.ts';
import { kindWords, runCommand } from '../program.ts';
import { statusOf } from './shared.ts';

const nowhere = '127.0.0.1:1/node:1';
const why = `${nowhere} was not pulled: the registry 127.0.0.1:1 does not answer: dial tcp 127.0.0.1:1: connect: connection refused`;
const fix = "Check the engine's network and its proxy; an image that is built here needs no registry.";

/** What is wrong with what the user says, or not to be had: told before a cluster is made. */
export function refusalsOf(): void {
  let folder: string;
  let busy: Server;
  let taken: number;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'refused-'));
    writeFileSync(join(folder, 'named.yaml'), 'name: mine\n');
    writeFileSync(join(folder, 'broken.yaml'), 'nodes: [\n');
    busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    taken = (busy.address() as AddressInfo).port;
  });
  afterAll(() => {
    busy.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const dataDir = () => join(folder, 'data');
  const command = (...args: string[]) => runCommand([...args, '--data-dir', dataDir()]);
  const up = (...args: string[]) =>
    command('up', '--executor', 'kind', '--detach', '--port', '0', '--s3-port', '0', '--exposed-port', '0', ...args);
  const nodes = () => {
    const id = join(dataDir(), 'id');
    if (!existsSync(id)) return '';
    const label = `io.x-k8s.kind.cluster=oscar-sandbox-${readFileSync(id, 'utf8').trim()}`;
    return docker('ps', '--all', '--quiet', '--filter', `label=${label}`);
  };

  type Row = [what: string, args: () => string[], code: number, said: () => string[]];
  const config = (name: string) => [...kindWords, '--cluster-config', join(folder, name)];
  const cannotBeAdded = (name: string, why: string) =>
    `error: ${join(folder, name)} cannot be added to the configuration of the cluster: ${why}.`;
  const rows: Row[] = [
    [
      'a folder of parts that lacks some',
      () => ['--parts', folder],
      2,
      () => [
        `error: The folder of parts ${folder} has no oscar-bin/supervisor.`,
        'hint: It holds bin/kind, oscar-bin/, manifests/*.yaml, images/all.tar, and node-image or node-image.tar.',
      ],
    ],
    [
      'a configuration that is not there',
      () => config('none.yaml'),
      2,
      () => [
        `error: The configuration ${join(folder, 'none.yaml')} cannot be read: ENOENT: no such file or directory, open '${join(folder, 'none.yaml')}'.`,
        'hint: Name a file with a kind configuration after --cluster-config.',
      ],
    ],
    [
      'a configuration that is no YAML',
      () => config('broken.yaml'),
      2,
      () => [
        cannotBeAdded('broken.yaml', 'it is no YAML (deficient indentation (2:1))'),
        'hint: Correct the file, or leave --cluster-config out.',
      ],
    ],
    [
      'a configuration that says what it must not',
      () => config('named.yaml'),
      2,
      () => [
        cannotBeAdded('named.yaml', 'it names the cluster'),
        'hint: Leave out the name: it follows from the data folder.',
      ],
    ],
    [
      'an image of the node that is no image',
      () => [...kindWords, '--kind-image', 'a node'],
      2,
      () => [
        'error: "a node" is no name of an image.',
        'hint: Name one that is made for kind after --kind-image, as kindest/node:v1.34.0.',
      ],
    ],
    [
      'an image of the node that is not to be had',
      () => [...kindWords, '--kind-image', nowhere, '--no-fallback'],
      7,
      () => [`image of the node: pulling ${nowhere}`, 'image of the node: failed', `error: ${why}.`, `hint: ${fix}`],
    ],
    [
      'a port of the program itself that is taken',
      () => [...kindWords, '--port', String(taken)],
      6,
      () => [
        `error: Port ${taken} for the API is in use.`,
        'hint: Stop what uses it, or choose another with --port (0 is any free one).',
      ],
    ],
    [
      'a port of its cluster that is taken',
      () => [...kindWords, '--s3-port', String(taken)],
      6,
      () => [
        'node of the cluster: failed',
        `error: Port ${taken} for S3 is in use.`,
        'hint: Stop what uses it, or choose another with --s3-port (0 is any free one).',
      ],
    ],
  ];
  it.each(rows)('%s ends it, and no cluster is made', async (_what, args, code, said) => {
    const ended = await up(...args());
    const lines = ended.stderr.trimEnd().replaceAll(/ after \d+\.\d s$/gm, '');
    expect({ ...ended, stderr: lines.split('\n') }).toEqual({ code, stdout: '', stderr: said() });
    expect(nodes()).toBe('');
  });

  it('without its image, containers take the place of a cluster, and the reason is told with its fix', async () => {
    const { code, stderr } = await up(...kindWords, '--kind-image', nowhere);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: .*: services run in containers of \w+\. .*\n/m),
    ]);
    expect(stderr).toContain(`warning: ${why}: services run in containers of `);
    expect(stderr).toContain(`. ${fix}\n`);
    expect(await statusOf(dataDir())).toMatchObject({ executor: 'docker', objects: 'embedded' });
    expect(await command('clean', '--yes')).toMatchObject({ code: 0 });
  });
}
