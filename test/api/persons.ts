import type { Person } from '../../src/model/person.ts';
import { nobody, type People } from '../../src/oidc/people.ts';
import type { Asked, StartedApi } from './started.ts';

const user = (uid: string, name: string, groups: string[]): Person => ({
  kind: 'user',
  uid,
  name,
  namespace: `oscar-svc-${uid}`,
  groups,
});

/** Users of the tests: whose token is their own name. */
export const persons: Record<string, Person> = {
  alice: user('alice', 'Alice Núñez', ['vo.one', 'vo.two']),
  bob: user('bob', 'Bob', ['vo.two']),
  carol: user('carol', 'Carol', ['vo.one']),
  egi: user('0af3@egi.eu', 'Egi', ['vo.one']),
  evil: user('cluster_admin', 'Evil', ['vo.one']),
};

/** People who are recognised by their names. */
export const people = (groups: string[] = []): People => ({
  issuers: ['https://issuer.example'],
  groups,
  admins: [],
  recognise: async (token) => {
    const person = persons[token];
    return person ? { kind: 'person', person } : nobody.recognise(token);
  },
});

/** Asks as one of them; as the administrator when nobody is named. */
export const askAs =
  ({ ask }: StartedApi) =>
  (who: string, path: string, asked: Asked & { json?: object } = {}): Promise<Response> => {
    const { json, ...rest } = asked;
    const body = json ? { body: JSON.stringify(json) } : {};
    if (who === 'admin') return ask(path, { ...rest, ...body });
    return ask(path, { ...rest, ...body, admin: false, headers: { Authorization: `Bearer ${who}`, ...rest.headers } });
  };

/** Status and text of an answer in one line. */
export const said = async (answer: Response): Promise<string> => `${answer.status} ${await answer.text()}`.trimEnd();

/** A folder in the platform's own store. */
export const io = (path: string) => [{ storage_provider: 'minio.default', path }];

/** A service that greets. */
export const service = (name: string, more: object = {}) => ({
  name,
  image: 'docker.io/library/alpine',
  script: '#!/bin/sh\necho hello\n',
  ...more,
});

/** Declaring as one of them, and what is answered. */
export function declaring(as: ReturnType<typeof askAs>) {
  const path = '/system/services';
  return {
    declare: async (who: string, name: string, more: object = {}) =>
      said(await as(who, path, { method: 'POST', json: service(name, more) })),
    update: async (who: string, name: string, more: object = {}) =>
      said(await as(who, path, { method: 'PUT', json: service(name, more) })),
    drop: async (who: string, name: string) => said(await as(who, `${path}/${name}`, { method: 'DELETE' })),
  };
}
