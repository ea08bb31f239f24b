import { rm } from 'node:fs/promises';
import { SandboxError } from '../../model/errors.ts';
import type { Invocation } from '../../model/invocation.ts';
import { isExposed } from '../../model/service.ts';
import { type Outcome, type Payload, payloadSize } from '../../model/task.ts';
import { admit, isAnswer } from '../admit.ts';
import { type Answer, hint } from '../answer.ts';
import { receive } from '../body.ts';
import type { ApiParts } from '../parts.ts';
import { header } from '../protocol.ts';
import { contentTypeOf, render, renderedSize } from '../rendered.ts';
import type { Call, Route } from '../route.ts';
import { httpVariables } from '../variables.ts';

/** Synchronous calls. OSCAR does not take the administrator here; command lines of 1.9 count on it all the same. */
export const runRoutes = (parts: ApiParts): Route[] => [
  {
    method: 'post',
    path: '/run/:serviceName',
    access: 'anyone',
    logged: true,
    handle: async (call) => {
      const service = await admit(call, parts);
      if (isAnswer(service)) return service;
      if (isExposed(service.definition)) throw notCalled(service.name);
      const body = await receive(call.request, { spool: parts.spool, durable: false });
      try {
        const options = { variables: httpVariables(call), owner: call.caller.uid, signal: call.gone };
        const { invocation, outcome } = await parts.invoke.run(service, body, options);
        return await answerOf(call, invocation, outcome);
      } finally {
        await discard(body);
      }
    },
  },
];

/** OSCAR: a web server of its own has nothing that takes calls. */
const notCalled = (name: string) =>
  new SandboxError('unavailable', `${name} is a web server: it takes requests itself, and no calls.`, {
    hint: `Ask for /system/services/${name}/exposed/, or send it a job.`,
  });

/** A body that went to a file was only for this call. */
async function discard(body: Payload): Promise<void> {
  if ('file' in body) await rm(body.file, { force: true });
}

async function answerOf({ request }: Call, invocation: Invocation, outcome: Outcome): Promise<Answer> {
  const { form } = outcome.answer;
  const succeeded = outcome.state === 'Succeeded';
  const said = {
    [header.invocation]: invocation.id,
    [header.answer]: form,
    'X-Duration-Seconds': ((outcome.finishedAt - outcome.startedAt) / 1000).toFixed(6),
  };
  // OSCAR's watchdog: a failure is told in one line, what was printed follows.
  const sentence = failure(outcome);
  const head = succeeded ? '' : `${sentence}\n`;
  const type = succeeded
    ? (request.headers['content-type'] ?? (await contentTypeOf(outcome.answer)))
    : 'text/plain; charset=utf-8';
  return {
    status: succeeded ? 200 : failedStatus(outcome),
    headers: {
      ...said,
      // That line is OSCAR's and tells little: why it failed goes beside it.
      ...hint(sentence === outcome.reason ? undefined : outcome.reason),
      'Content-Type': type,
      'Content-Length': String(Buffer.byteLength(head) + renderedSize(form, payloadSize(outcome.answer.content))),
    },
    stream: render(head, outcome.answer),
    release: outcome.release,
  };
}

/** OSCAR's watchdog: 408 when the time is up, else 500. 503 is what this machine cannot give. */
function failedStatus({ code }: Outcome): number {
  if (code === 'timeout') return 408;
  return code === 'unavailable' ? 503 : 500;
}

function failure({ code, exitCode, reason }: Outcome): string {
  if (code === 'timeout') return 'Killed process.';
  return exitCode ? `exit status ${exitCode}` : (reason ?? 'The service failed.');
}
