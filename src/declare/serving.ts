import type { Finding } from './positions.ts';
import type { DefinitionInput } from './schema.ts';

/** The web server of the service. */
export function* checkExpose({ expose }: DefinitionInput): Generator<Finding> {
  if (!expose) return;
  const { api_port = [], nodePort = [], auth_type } = expose;
  if (auth_type && !['basic', 'forward'].includes(auth_type.toLowerCase())) {
    yield {
      path: ['expose', 'auth_type'],
      message: `auth_type “${auth_type}” is not known`,
      hint: 'Write basic or forward.',
    };
  }
  for (const port of api_port) {
    if (port >= 0 && port <= 65_535) continue;
    yield { path: ['expose', 'api_port'], message: `${port} is not a port`, hint: 'Write a number from 1 to 65535.' };
  }
  if (nodePort.length > 0 && api_port.length > 0 && nodePort.length !== api_port.length) {
    const message = `nodePort has ${nodePort.length} ports, api_port ${api_port.length}`;
    yield {
      path: ['expose', 'nodePort'],
      message,
      hint: 'Give one nodePort for each api_port (0 lets the cluster choose), or none.',
    };
  }
}
