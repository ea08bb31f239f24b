import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findCluster } from '../../src/engine/kubeconfig.ts';
import { openCluster } from '../../src/engine/kubernetes.ts';
import { type ApiServer, guestToken, startApiServer } from '../kind/apiserver.ts';
import { describeWithServer, lookup, notes, opened } from './clusterscene.ts';

describeWithServer('a cluster knows a user', () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
  });
  afterAll(() => server?.stop());

  const nobody = 'guest may not list configmaps in the namespace default (to list ConfigMap).';
  /** What the cluster says of a user who has no rights: it tells the name. */
  const saidOf = async (user: Record<string, unknown>) => {
    const cluster = await opened(server.kubeconfigFor(user));
    const said = await cluster.list(notes).then(
      () => 'listed',
      (error) => error.message,
    );
    cluster.close();
    return said;
  };

  /** A program that gives credentials, and counts how often. */
  function plugin(name: string, script: string) {
    const [file, counted] = [join(server.folder, name), join(server.folder, `${name}.count`)];
    writeFileSync(file, `#!/bin/sh\nprintf x >>${counted}\n${script}\n`);
    chmodSync(file, 0o755);
    const apiVersion = 'client.authentication.k8s.io/v1';
    const exec = { apiVersion, command: file, args: ['an', 'argument'], installHint: 'Get it at its shop.' };
    return { exec, count: () => (existsSync(counted) ? readFileSync(counted, 'utf8').length : 0) };
  }
  const credential = (status: object) =>
    JSON.stringify({ kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', status });

  it('by a certificate', async () => {
    const cluster = await opened(server.kubeconfig);
    expect((await cluster.list({ apiVersion: 'v1', kind: 'Namespace' })).length).toBeGreaterThan(0);
    cluster.close();
  });

  it('by a token, in the kubeconfig or in a file', async () => {
    const tokenFile = join(server.folder, 'token');
    writeFileSync(tokenFile, `${guestToken}\n`);
    expect(await saidOf({ token: guestToken })).toBe(nobody);
    expect(await saidOf({ tokenFile })).toBe(nobody);
    await expect(saidOf({ tokenFile: '/nowhere/token' })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('The token of someone, named by the kubeconfig, cannot be read: ENOENT'),
    });
  });

  it('for whom another one acts', async () => {
    const { users } = JSON.parse(server.kubeconfig);
    expect(await saidOf({ ...users[0].user, as: 'guest' })).toBe(nobody);
  });

  it('by a program, which is asked once', async () => {
    const { exec, count } = plugin(
      'once',
      `test "$1 $2" = 'an argument' && test "$WORD" = yes || exit 1\ncat <<'E'\n${credential({ token: guestToken })}\nE`,
    );
    const cluster = await opened(server.kubeconfigFor({ exec: { ...exec, env: [{ name: 'WORD', value: 'yes' }] } }));
    for (let at = 0; at < 3; at++) await expect(cluster.list(notes)).rejects.toThrow(nobody);
    expect(count()).toBe(1);
    cluster.close();
  });

  it('by a program, which is asked anew when what it gave has run out', async () => {
    const given = credential({ token: guestToken, expirationTimestamp: '2030-01-01T00:00:00Z' });
    const { exec, count } = plugin('expiring', `cat <<'E'\n${given}\nE`);
    let time = Date.parse('2029-12-31T23:59:00Z');
    const place = await findCluster({ ...lookup, text: server.kubeconfigFor({ exec }) });
    const cluster = await openCluster(place, { now: () => time });
    await expect(cluster.list(notes)).rejects.toThrow(nobody);
    expect(count()).toBe(1);
    time += 120_000;
    await expect(cluster.list(notes)).rejects.toThrow(nobody);
    expect(count()).toBe(2);
    cluster.close();
  });

  it('by a program, which is asked anew when the cluster does not take what it gave', async () => {
    const flag = join(server.folder, 'second');
    const { exec, count } = plugin(
      'outdated',
      `token=outdated; test -e ${flag} && token=${guestToken}; touch ${flag}\nprintf '%s' '${credential({ token: 'TOKEN' })}' | sed "s/TOKEN/$token/"`,
    );
    expect(await saidOf({ exec })).toBe(nobody);
    expect(count()).toBe(2);
  });

  it('by a program, which is asked once for all who come together', async () => {
    const later = join(server.folder, 'later');
    const given = credential({ token: guestToken, expirationTimestamp: '2030-01-01THOUR:00:00Z' });
    const { exec, count } = plugin(
      'crowd',
      `hour=00; test -e ${later} && hour=01; touch ${later}\nprintf '%s' '${given}' | sed "s/HOUR/$hour/"`,
    );
    let time = Date.parse('2029-12-31T23:59:00Z');
    const place = await findCluster({ ...lookup, text: server.kubeconfigFor({ exec }) });
    const cluster = await openCluster(place, { now: () => time });
    time += 120_000;
    const all = Array.from({ length: 10 }, () => cluster.list(notes).catch((error) => error.message));
    expect(new Set(await Promise.all(all))).toEqual(new Set([nobody]));
    expect(count()).toBe(2);
    cluster.close();
  });

  it('by a certificate that a program gives, which is told which cluster it is for', async () => {
    const { users } = JSON.parse(server.kubeconfig);
    const decoded = (key: string) => Buffer.from(users[0].user[key], 'base64').toString();
    const given = credential({
      clientCertificateData: decoded('client-certificate-data'),
      clientKeyData: decoded('client-key-data'),
    });
    const told = join(server.folder, 'told');
    const { exec } = plugin('certificate', `printf '%s' "$KUBERNETES_EXEC_INFO" >${told}\ncat <<'E'\n${given}\nE`);
    expect(await saidOf({ exec: { ...exec, provideClusterInfo: true } })).toBe('listed');
    expect(JSON.parse(readFileSync(told, 'utf8'))).toMatchObject({
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: server.address } },
    });
  });

  it.each([
    ['fails', 'echo first >&2; echo "log in first" >&2; exit 3', 'log in first'],
    ['prints something else', 'echo hello', 'what it prints is no ExecCredential'],
  ])('not by a program that %s', async (name, script, said) => {
    const { exec } = plugin(name.replaceAll(' ', '-'), script);
    await expect(opened(server.kubeconfigFor({ exec }))).rejects.toMatchObject({
      code: 'unavailable',
      message: `${exec.command} gives no credentials for the context test: ${said}.`,
      hint: 'Get it at its shop.',
    });
  });

  it('not by a program that is not there', async () => {
    await expect(opened(server.kubeconfigFor({ exec: { command: 'no-such-program' } }))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^no-such-program gives no credentials for the context test: .*ENOENT/),
    });
  });

  it('not behind a certificate of somebody else', async () => {
    const { users, clusters, ...rest } = JSON.parse(server.kubeconfig);
    const { 'certificate-authority-data': _, ...cluster } = clusters[0].cluster;
    const text = (more: object) =>
      JSON.stringify({ ...rest, users, clusters: [{ ...clusters[0], cluster: { ...cluster, ...more } }] });
    await expect(opened(text({}))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`The API server of the context test does not answer at ${server.address}: `),
      hint: 'Its certificate does not fit what the kubeconfig says: get the kubeconfig anew.',
    });
    const cluster2 = await opened(text({ 'insecure-skip-tls-verify': true }));
    cluster2.close();
  });

  it('through the proxy of its kubeconfig', async () => {
    const asked: string[] = [];
    const proxy: Server = createServer().on('connect', ({ url = '' }, near, head) => {
      asked.push(url);
      const [host, port] = url.split(':');
      const far = connect(Number(port), host, () => {
        near.write('HTTP/1.1 200 OK\r\n\r\n');
        far.write(head);
        far.pipe(near).pipe(far);
      });
      for (const end of [near, far]) end.on('error', () => far.destroy() && near.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { clusters, ...rest } = JSON.parse(server.kubeconfig);
    const { port } = proxy.address() as { port: number };
    const through = (url: string) =>
      JSON.stringify({
        ...rest,
        clusters: [{ ...clusters[0], cluster: { ...clusters[0].cluster, 'proxy-url': url } }],
      });
    const cluster = await opened(through(`http://127.0.0.1:${port}`));
    expect(asked).toEqual([new URL(server.address).host]);
    cluster.close();
    await expect(opened(through('socks5://127.0.0.1:1'))).rejects.toMatchObject({ code: 'invalid' });
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
  });
});
