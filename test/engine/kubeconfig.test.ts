import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { dump } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findCluster } from '../../src/engine/kubeconfig.ts';
import { lookup } from './clusterscene.ts';

describe('a cluster is found', () => {
  let home: string;
  beforeEach(async () => {
    home = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    await mkdir(join(home, '.kube'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const config = (name: string, { cluster = {}, user = {}, context = {} }: Record<string, object> = {}) => ({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: `https://${name}:6443/`, ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name, ...context } }],
  });
  const write = (name: string, value: unknown) => {
    const file = join(home, name);
    writeFileSync(file, typeof value === 'string' ? value : dump(value));
    return file;
  };
  const find = (more: { file?: string; text?: string; context?: string; namespace?: string } = {}, environment = {}) =>
    findCluster({ ...lookup, around: { home, environment }, ...more });

  it('in the usual file', async () => {
    const file = write('.kube/config', config('usual', { context: { namespace: 'mine' }, user: { token: 'secret' } }));
    expect(await find()).toEqual({
      address: 'https://usual:6443',
      foundBy: file,
      context: 'usual',
      namespace: 'mine',
      insecure: false,
      user: { name: 'usual', token: 'secret' },
      environment: {},
    });
    expect(await find({ namespace: 'other' })).toMatchObject({ namespace: 'other' });
  });

  it('in a file that is named, before all others, or in a text', async () => {
    write('.kube/config', config('usual'));
    const KUBECONFIG = write('environment', config('environment'));
    const file = write('named', config('named'));
    expect(await find({ file }, { KUBECONFIG })).toMatchObject({ context: 'named', foundBy: file });
    expect(await find({ text: dump(config('text')) }, { KUBECONFIG })).toMatchObject({ context: 'text' });
    expect(await find({}, { KUBECONFIG })).toMatchObject({ context: 'environment' });
  });

  it('in several files, of which the first that says something counts', async () => {
    const first = write('first', { ...config('shared', { user: { token: 'first' } }), 'current-context': '' });
    const second = write('second', { ...config('shared', { user: { token: 'second' } }), 'current-context': 'third' });
    const third = write('third', config('third'));
    const KUBECONFIG = [first, join(home, 'absent'), write('empty', ''), second, third].join(delimiter);
    expect(await find({}, { KUBECONFIG })).toMatchObject({ context: 'third', address: 'https://third:6443' });
    expect(await find({ context: 'shared' }, { KUBECONFIG })).toMatchObject({ user: { token: 'first' } });
  });

  it('with files that are meant from where they are named', async () => {
    write('.kube/ca.crt', 'the authority');
    write('.kube/token', 'a token');
    const cluster = { 'certificate-authority': 'ca.crt' };
    write('.kube/config', config('usual', { cluster, user: { tokenFile: 'token', exec: { command: './login' } } }));
    expect(await find()).toMatchObject({
      ca: Buffer.from('the authority'),
      user: { tokenFile: join(home, '.kube/token'), exec: { command: join(home, '.kube/login') } },
    });
  });

  it('with all that it says', async () => {
    const cluster = {
      'certificate-authority-data': Buffer.from('the authority').toString('base64'),
      'tls-server-name': 'another',
      'insecure-skip-tls-verify': true,
      'proxy-url': 'http://proxy:3128',
    };
    const user = { username: 'me', password: 'secret', as: 'her' };
    write('.kube/config', config('usual', { cluster, user }));
    expect(await find()).toMatchObject({
      ca: Buffer.from('the authority'),
      serverName: 'another',
      insecure: true,
      proxy: 'http://proxy:3128',
      user: { login: { name: 'me', password: 'secret' }, as: 'her' },
    });
  });

  const rows: [what: string, content: unknown, sentence: string, hint: string][] = [
    ['is no YAML', 'a: [', '$FILE is no YAML: ', 'Mend it, or name another file.'],
    ['is a list', '[]', '$FILE is no kubeconfig: it holds no map.', 'It has lists called clusters, users and contexts'],
    ['has a map for a list', { users: {} }, '$FILE is no kubeconfig: its users are no list of maps.', 'It has lists'],
    ['says nothing', '', '$FILE has no current context.', 'Add one with `kubectl config set-context`.'],
    [
      'names no context',
      { ...config('one'), 'current-context': '' },
      '$FILE has no current context.',
      'Choose one with --context: one.',
    ],
    [
      'names an absent context',
      { ...config('one'), 'current-context': 'two' },
      '$FILE has no context two.',
      'It has one.',
    ],
    [
      'has no cluster',
      { ...config('one'), clusters: [] },
      'The context one of $FILE cannot be used: it names the cluster one, which is not there.',
      'Mend it there, or choose another one with --context.',
    ],
    [
      'has no user',
      { ...config('one'), users: null },
      'The context one of $FILE cannot be used: it names the user one, who is not there.',
      'Mend it there',
    ],
    [
      'has no address',
      config('one', { cluster: { server: '' } }),
      'The context one of $FILE cannot be used: cluster.server is missing.',
      'Mend it there',
    ],
    [
      'has a strange address',
      config('one', { cluster: { server: 'one:6443' } }),
      'The context one of $FILE cannot be used: one:6443 is no address of a server.',
      'Mend it there',
    ],
    [
      'names a file that is not there',
      config('one', { user: { 'client-certificate': '/nowhere/me.crt' } }),
      'The context one of $FILE cannot be used: it names /nowhere/me.crt, which cannot be read (',
      'Mend it there',
    ],
    [
      'has what kubectl has given up',
      config('one', { user: { 'auth-provider': { name: 'gcp' } } }),
      'The context one of $FILE cannot be used: its user one has an `auth-provider`, which kubectl has given up: use a credential plugin (`exec`).',
      'Mend it there',
    ],
  ];
  it.each(rows)('not in a file that %s', async (_what, content, sentence, hint) => {
    const file = write('.kube/config', content);
    const error = await find().catch((failure) => failure);
    expect(error).toMatchObject({ code: 'invalid', hint: expect.stringContaining(hint) });
    expect(error.message).toContain(sentence.replace('$FILE', file));
  });

  it('not where no file is', async () => {
    await expect(find()).rejects.toMatchObject({
      message: `No kubeconfig is there: KUBECONFIG names none, and there is no ${join(home, '.kube/config')}.`,
    });
    await expect(find({}, { KUBECONFIG: '/nowhere/config' })).rejects.toMatchObject({
      message: 'No kubeconfig is there: KUBECONFIG names /nowhere/config.',
    });
    await expect(find({ file: '/nowhere/config' })).rejects.toMatchObject({
      message: expect.stringContaining('The kubeconfig /nowhere/config cannot be read: ENOENT'),
    });
  });
});
