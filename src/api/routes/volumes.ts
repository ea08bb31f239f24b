import { decodeJson } from '../../declare/decode.ts';
import type { SeenVolume } from '../../declare/places.ts';
import { demandVolumeName, demandVolumeSize } from '../../declare/rules.ts';
import { SandboxError } from '../../model/errors.ts';
import { canonical, sizeOf } from '../../model/size.ts';
import { empty, json } from '../answer.ts';
import { readBody } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import { prefixed } from '../prefixed.ts';
import type { PersonalCall, Route } from '../route.ts';

const all = '/system/volumes';
const one = `${all}/:volumeName`;
/** What a request says of a new volume. */
export const volumeShape = { name: 'string', size: 'string' } as const;

/** Managed volumes, those of whoever asks: OSCAR has a namespace for each. */
export const volumeRoutes = ({ declare: { volumes } }: ApiParts): Route[] => [
  {
    method: 'get',
    path: all,
    access: 'person',
    handle: async ({ person }) => json(200, (await volumes.list(person.namespace)).map(shownVolume)),
  },
  {
    method: 'post',
    path: all,
    access: 'person',
    handle: async ({ request, person }) => {
      const wanted = wantedIn(await readBody(request));
      return json(201, shownVolume(await volumes.create(person, wanted)));
    },
  },
  {
    method: 'get',
    path: one,
    access: 'person',
    handle: async (call) => {
      const volume = await volumes.get(refOf(call));
      return volume ? json(200, shownVolume(volume)) : empty(404);
    },
  },
  {
    method: 'delete',
    path: one,
    access: 'person',
    handle: async (call) => {
      await volumes.remove(refOf(call));
      return empty(204);
    },
  },
];

const refOf = ({ person, params }: PersonalCall) => ({ namespace: person.namespace, name: params.volumeName ?? '' });

function wantedIn(body: Buffer): { name: string; size: string } {
  const given = prefixed('The volume specification is not valid: ', () => {
    const { name = '', size = '' } = decodeJson(body, volumeShape, 'ManagedVolumeCreateRequest').value;
    const missing = [...(name === '' ? ['Name'] : []), ...(size === '' ? ['Size'] : [])];
    if (missing.length === 0) return { name: name.trim(), size: size.trim() };
    throw new SandboxError('invalid', missing.map(required).join('\n'));
  });
  demandVolumeName(given.name);
  demandVolumeSize(given.size);
  return given;
}

const required = (field: string): string =>
  `Key: 'ManagedVolumeCreateRequest.${field}' Error:Field validation for '${field}' failed on the 'required' tag`;

/** OSCAR: what is empty is left out. */
function shownVolume({ name, namespace, size, owner, maker, policy, attachments, phase, message }: SeenVolume) {
  return {
    name,
    namespace,
    pvc_name: name,
    ...(size ? { size: canonical(sizeOf(size)) } : {}),
    ...(owner ? { owner_user: owner } : {}),
    ...(maker ? { created_by_service: maker } : {}),
    creation_mode: maker ? 'service' : 'api',
    ...(policy ? { lifecycle_policy: policy } : {}),
    ...(attachments.length > 0
      ? { attachments: attachments.map(({ service, path }) => ({ service_name: service, mount_path: path })) }
      : {}),
    status: {
      phase,
      ...(message ? { message } : {}),
      ...(attachments.length > 0 ? { attachment_count: attachments.length } : {}),
    },
  };
}
