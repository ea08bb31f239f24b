import { fdlJsonSchema } from '../../declare/fdlschema.ts';
import { json, text } from '../answer.ts';
import type { ApiParts } from '../parts.ts';
import { oscarVersion } from '../protocol.ts';
import type { Route } from '../route.ts';

/** What is here: health, versions, the sandbox's own state, the language of its files. */
export const systemRoutes = ({ platform, status }: ApiParts): Route[] => [
  { method: 'get', path: '/health', access: 'anyone', handle: () => text(200, 'Ok') },
  {
    method: 'get',
    path: '/system/info',
    access: 'person',
    handle: () =>
      json(200, {
        version: oscarVersion,
        git_commit: platform.commit,
        architecture: platform.architecture,
        kubernetes_version: '',
        serverless_backend: { name: 'Knative', version: '' },
      }),
  },
  { method: 'get', path: '/sandbox/status', access: 'admin', handle: () => json(200, status()) },
  { method: 'get', path: '/sandbox/schema', access: 'admin', handle: () => json(200, fdlJsonSchema()) },
];
