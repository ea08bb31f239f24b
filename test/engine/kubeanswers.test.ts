import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { GoneError, isNotYetAdmitting, refusal } from '../../src/engine/answers.ts';
import { opened } from './clusterscene.ts';

const whom = { address: 'https://it:6443', context: 'test', foundBy: '/home/me/.kube/config', user: { name: 'me' } };
const asked = { verb: 'apply', kind: 'Service', name: 'web', namespace: 'mine' };
const answer = (status: number, message: string) => ({ status, text: JSON.stringify({ kind: 'Status', message }) });

describe('what a cluster refuses', () => {
  const said = 'The cluster will not apply Service web in the namespace mine: ';
  const rows: [what: string, status: number, message: string, code: string, sentence: string][] = [
    [
      'a bad field',
      400,
      'strict decoding error: unknown field "a"',
      'invalid',
      `${said}strict decoding error: unknown field "a".`,
    ],
    ['a missing namespace', 404, 'namespaces "mine" not found', 'not-found', `${said}namespaces "mine" not found.`],
    ['a conflict', 409, 'the object has been modified', 'conflict', `${said}the object has been modified.`],
    [
      'too much',
      413,
      'Request entity too large: limit is 3145728',
      'invalid',
      `${said}Request entity too large: limit is 3145728.`,
    ],
    [
      'a field that its kind does not have',
      500,
      'failed to create typed patch object (mine/web; serving.knative.dev/v1, Kind=Service): .spec.a: field not declared in schema',
      'invalid',
      `${said}.spec.a: field not declared in schema.`,
    ],
    [
      'what a webhook does not want',
      400,
      'admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: missing field(s): spec',
      'rejected',
      `${said}admission webhook "validation.webhook.serving.knative.dev" denied the request: validation failed: missing field(s): spec.`,
    ],
    [
      'what goes beyond a quota',
      403,
      'pods "web" is forbidden: exceeded quota: small, requested: cpu=1, used: cpu=1, limited: cpu=1',
      'rejected',
      `${said}pods "web" is forbidden: exceeded quota: small, requested: cpu=1, used: cpu=1, limited: cpu=1.`,
    ],
    [
      'anything in a namespace that goes',
      403,
      'services "web" is forbidden: unable to create new content in namespace mine because it is being terminated',
      'conflict',
      `${said}services "web" is forbidden: unable to create new content in namespace mine because it is being terminated.`,
    ],
    [
      'while it is overrun',
      429,
      'too many requests, please try again later',
      'unavailable',
      `${said}too many requests, please try again later.`,
    ],
    ['while its store is away', 500, 'etcdserver: leader changed', 'unavailable', `${said}etcdserver: leader changed.`],
    [
      'whom a service account lacks a right',
      403,
      'services.serving.knative.dev "web" is forbidden: User "system:serviceaccount:mine:sandbox" cannot patch resource "services" in API group "serving.knative.dev" in the namespace "mine"',
      'forbidden',
      'system:serviceaccount:mine:sandbox may not patch services.serving.knative.dev in the namespace mine (to apply Service web).',
    ],
  ];
  it.each(rows)('%s', (_what, status, message, code, sentence) =>
    expect(refusal(answer(status, message), asked, whom)).toMatchObject({ code, message: sentence }),
  );

  it('for want of a right is told with what gives it', () => {
    const message =
      'User "system:serviceaccount:mine:sandbox" cannot get resource "pods/log" in API group "" in the namespace "mine"';
    expect(refusal(answer(403, message), asked, whom)).toMatchObject({
      hint:
        'Whoever runs the cluster of test can allow it: `kubectl -n mine create role oscar-sandbox-get-pods --verb=get ' +
        '--resource=pods/log`, then `kubectl -n mine create rolebinding oscar-sandbox-get-pods ' +
        '--role=oscar-sandbox-get-pods --serviceaccount=mine:sandbox`.',
    });
  });

  it.each([
    [
      'failed calling webhook "webhook.serving.knative.dev": failed to call webhook: Post "https://webhook…": connection refused',
      true,
    ],
    ['failed calling webhook "x": no endpoints available for service "webhook"', true],
    ['conversion webhook for serving.knative.dev/v1, Kind=Service failed: Post "https://webhook…": EOF', true],
    ['etcdserver: request timed out', false],
  ])('only for now, or for good: %s', (message, expected) => {
    const error = refusal(answer(500, message), asked, whom);
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(isNotYetAdmitting(error)).toBe(expected);
  });

  it('as forgotten is no failure of its own', () =>
    expect(refusal(answer(410, 'too old resource version: 1 (2)'), asked, whom)).toBeInstanceOf(GoneError));

  it('in no words at all, or in those of another server', () => {
    expect(refusal({ status: 502, text: '' }, asked, whom)).toMatchObject({
      code: 'unavailable',
      message: `${said}status 502.`,
    });
    const page = refusal({ status: 404, text: '404 page not found\n' }, asked, whom);
    expect(page).toMatchObject({ code: 'not-found', message: `${said}404 page not found.` });
  });
});

// Real servers do none of this at a test's wish.
describe('a server that', () => {
  let close = async (): Promise<void> => undefined;
  afterEach(() => close());

  async function serving(answering: (asked: IncomingMessage, answer: ServerResponse) => void) {
    const server = createServer(answering);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    close = async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    };
    const { port } = server.address() as { port: number };
    const cluster = { server: `http://127.0.0.1:${port}` };
    return JSON.stringify({
      clusters: [{ name: 'plain', cluster }],
      contexts: [{ name: 'plain', context: { cluster: 'plain' } }],
      'current-context': 'plain',
    });
  }
  const version = JSON.stringify({ gitVersion: 'v1.2.3' });

  it('is overrun is asked again', async () => {
    const answers = [429, 429, 200];
    const text = await serving((_asked, answer) =>
      answer.writeHead(answers.shift() ?? 500, { 'retry-after': '0.01' }).end(version),
    );
    expect((await opened(text)).info).toMatchObject({ version: 'v1.2.3', context: 'plain', namespace: 'default' });
    expect(answers).toEqual([]);
  });

  it('closes a connection as it is used again is asked again', async () => {
    const heard = new Map<unknown, number>();
    const text = await serving(({ socket }, answer) => {
      heard.set(socket, (heard.get(socket) ?? 0) + 1);
      if (heard.get(socket) === 2) socket.resetAndDestroy();
      else answer.end(JSON.stringify({ gitVersion: 'v1.2.3', resources: [] }));
    });
    const cluster = await opened(text);
    expect(await cluster.get({ apiVersion: 'v1', kind: 'Cup', name: 'mine' })).toBeUndefined();
    expect([...heard.values()]).toEqual([2, 1]);
    cluster.close();
  });

  it('is another program is told apart', async () => {
    const text = await serving((_asked, answer) => answer.end('<html>Welcome</html>'));
    await expect(opened(text)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^What answers at http:\/\/127\.0\.0\.1:\d+ is no API server\.$/),
    });
  });

  it('is not there is named', async () => {
    const text = await serving(() => undefined);
    await close();
    close = async () => undefined;
    await expect(opened(text)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /^The API server of the context plain does not answer at http:\/\/127\.0\.0\.1:\d+: connect ECONNREFUSED/,
      ),
      hint: 'Start the cluster, or choose another one with --context: the kubeconfig names this one.',
    });
  });
});
