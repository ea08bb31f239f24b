import type { Steering } from '../../declare/servers.ts';
import { mayManage, maySee } from '../../model/person.ts';
import { isExposed, type Service } from '../../model/service.ts';
import { type Answer, empty, json, text } from '../answer.ts';
import { deploymentLogs, deploymentStatus, tailLines } from '../deployments.ts';
import { isTrue } from '../formats.ts';
import type { ApiParts } from '../parts.ts';
import type { PersonalCall, Route } from '../route.ts';
import { nameComplaint } from './services.ts';

const one = '/system/services/:serviceName';
const steerings: Steering[] = ['stop', 'start', 'restart'];

/** How services run: their state, what they print, and whether their servers shall run. */
export function deploymentRoutes({ store, declare, deployments }: ApiParts): Route[] {
  const find = (call: PersonalCall): Service | Answer => {
    const name = call.params.serviceName ?? '';
    const complaint = nameComplaint(name);
    return complaint ? text(400, complaint) : (store.services.get(name) ?? empty(404));
  };
  const seen = (call: PersonalCall): Service | Answer => {
    const found = find(call);
    if (!('definition' in found) || maySee(found.definition, call.person)) return found;
    return text(403, 'You do not have permission to access this service');
  };
  const steered = (call: PersonalCall): Service | Answer => {
    const found = find(call);
    if (!('definition' in found)) return found;
    if (!mayManage(found.definition, call.person)) {
      return text(403, `User ${call.person.uid} doesn't have permission to manage this service`);
    }
    // OSCAR: named as Go quotes it; a name has no character that would need more.
    return isExposed(found.definition) ? found : text(400, `service "${found.name}" is not exposed`);
  };

  return [
    {
      method: 'get',
      path: `${one}/deployment`,
      access: 'person',
      handle: async (call) => {
        const service = seen(call);
        if (!('definition' in service)) return service;
        return json(200, deploymentStatus(service, (await deployments.look())(service)));
      },
    },
    {
      method: 'get',
      path: `${one}/deployment/logs`,
      access: 'person',
      handle: async (call) => {
        const service = seen(call);
        if (!('definition' in service)) return service;
        const asked = {
          tail: tailLines(call.query.get('tailLines')),
          timestamps: isTrue(call.query.get('timestamps')),
        };
        return json(200, deploymentLogs(service, (await deployments.look())(service), asked));
      },
    },
    ...steerings.map(
      (what): Route => ({
        method: 'post',
        path: `${one}/${what}`,
        access: 'person',
        handle: async (call) => {
          const found = steered(call);
          if (!('definition' in found)) return found;
          const service = await declare.steer(found.name, what);
          return json(200, deploymentStatus(service, (await deployments.look())(service)));
        },
      }),
    ),
  ];
}
